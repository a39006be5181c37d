"""Shortens the answers of a network that has fewer numbers to tell than it says.

    python training/similarity/reduce.py PEOPLE --model NAME --network NAME

PEOPLE is a folder of people as for calibrate.py. The network's answers to their pictures are turned, so that they
vary most along the first numbers, and the rest is dropped: principal components, as many as the model's card says
(H. Hotelling 1933). The result is written into the package; the model has to be calibrated anew after it.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from calibrate import answers_of_all, console
from numpy.typing import NDArray

from visavis.types import Embedding
from visavis.vision.models import RECOGNITION_CARDS


def main() -> None:
    parser = argparse.ArgumentParser(network=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("people", type=Path, help="folder of people, PEOPLE/NAME/*.jpg")
    parser.add_argument("--model", required=True, choices=[card.name for card in RECOGNITION_CARDS])
    parser.add_argument("--network", required=True, help="name of the network's file card")
    arguments = parser.parse_args()
    card = next(card for card in RECOGNITION_CARDS if card.name == arguments.model)
    network = next(each for each in card.networks if each.model.name == arguments.network)
    alone = replace(
        card,
        networks=(replace(network, dimension=network.answers or network.dimension, answers=None),),
    )
    answers = answers_of_all(alone, arguments.people)
    write(network.model.name, principal_directions(answers.vectors, network.dimension))


def principal_directions(answers: Embedding, count: int) -> NDArray[np.float16]:
    """The directions, shape (d, count), along which answers, shape (n, d), differ most."""
    _, spreads, directions = np.linalg.svd(answers - answers.mean(axis=0), full_matrices=False)
    shares = spreads**2 / (spreads**2).sum()
    console.print(f"{count} of {answers.shape[1]} directions hold {shares[:count].sum():.2%} of the variance")
    return directions[:count].T.astype(np.float16)


def write(network: str, basis: NDArray[np.float16]) -> None:
    """Write the file that the model card reads."""
    path = Path(__file__).parents[2] / "src/visavis/vision/calibration" / f"{network}.npy"
    np.save(path, basis)
    console.print(f"Written: {path.name}")


if __name__ == "__main__":
    main()
