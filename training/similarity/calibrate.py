"""Fits what a recognition model's card says of similarity: the mean embedding, and the scale.

    python training/similarity/calibrate.py PEOPLE [--model NAME] [--set-aside FILE] [--write]

PEOPLE is a folder of people, PEOPLE/NAME/*.jpg, who did not help to train the model. The first ten pictures of
each are used; of each picture, the face nearest its centre, which is the one that such sets are about. Every pair
of pictures of different people is an impostor pair. Pairs of names that are one person, mistakes of the set, and
identical twins are listed in a file and set aside.

The mean embedding is what the model's card subtracts, and is taken here. How the scale is fitted is the product's
own business, the same for `visavis calibrate`: visavis.evaluation.scale.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from visavis.evaluation.comparisons import Comparisons, compare_all
from visavis.evaluation.corpus import central
from visavis.evaluation.folders import people_in, read_set_aside
from visavis.evaluation.populations import Population
from visavis.evaluation.scale import Knots, cosine_at, fit_scale
from visavis.settings import Settings
from visavis.types import Embedding
from visavis.vision.decode import decode
from visavis.vision.detect import Detector
from visavis.vision.embed import Embedder
from visavis.vision.fusion import fused
from visavis.vision.mask import MaskClassifier
from visavis.vision.models import DEFAULT_RECOGNITION, MASK, PACKS, RECOGNITION_CARDS, YUNET, RecognitionCard
from visavis.vision.scrfd import LandmarkFinder
from visavis.vision.session import Network
from visavis.vision.store import ModelStore

PICTURES_A_PERSON = 10
CARDS = {card.name: card for card in (*RECOGNITION_CARDS, *(card for pack in PACKS for card in pack.cards))}

console = Console()


@dataclass(frozen=True)
class People:
    """Networks' answers or embeddings, shape (n, d), one a picture, and the person in each."""

    vectors: Embedding
    people: NDArray[np.int64]
    """Places in `names`."""
    names: NDArray[np.str_]
    files: NDArray[np.str_]

    def compared(self, set_aside: list[tuple[str, str]]) -> Comparisons:
        number = {str(name): number for number, name in enumerate(self.names)}
        known = [(number[a], number[b]) for a, b in set_aside if a in number and b in number]
        return compare_all(self.vectors, self.people, known)

    def part(self, chosen: NDArray[np.bool_]) -> People:
        """Those people alone; `chosen` has shape (people,)."""
        which = chosen[self.people]
        _, people = np.unique(self.people[which], return_inverse=True)
        return People(self.vectors[which], people, self.names[chosen], self.files[which])


def main() -> None:
    arguments = parse_arguments()
    card = CARDS[arguments.model]
    answers = answers_of_all(card, arguments.people)
    set_aside = read_set_aside(arguments.set_aside) if arguments.set_aside else []
    console.print(f"{len(answers.people)} pictures of {len(answers.names)} people")
    mean = np.zeros(card.dimension, np.float32) if arguments.uncentred else mean_answer(answers)
    everybody = centred(card, answers, mean)
    compared = everybody.compared(set_aside)
    show_most_alike(everybody, everybody.compared([]), set_aside)
    show_transfer(card, answers, set_aside)
    knots = fit_scale(Population(str(arguments.people), len(np.unique(compared.people)), compared))
    show_recognition_rates(everybody.compared([]), knots)
    if arguments.write:
        write_fit(card, mean, knots, answers, compared.impostor_count, len(set_aside))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("people", type=Path, help="folder of people, PEOPLE/NAME/*.jpg")
    parser.add_argument("--model", default=DEFAULT_RECOGNITION.name, choices=list(CARDS))
    parser.add_argument("--uncentred", action="store_true", help="subtract no mean")
    parser.add_argument("--set-aside", type=Path, help="JSON list of pairs of names that are one person")
    parser.add_argument("--write", action="store_true", help="write the result into the package")
    return parser.parse_args()


def answers_of_all(card: RecognitionCard, folder: Path) -> People:
    """What the networks answer, before any mean is subtracted."""
    store = ModelStore(Settings().models_dir)
    detector = Detector(store.load(YUNET))
    networks = [Network(store.load(each.model), dynamic_axes=(0,)) for each in card.networks]
    embedder = Embedder(card, networks, MaskClassifier(store.load(MASK)))
    finder = None if card.landmarks is None else LandmarkFinder(store.load(card.landmarks))
    rows, numbers, files = [], [], []
    people = people_in(folder, PICTURES_A_PERSON)
    for number, person in enumerate(track(people, "Embedding")):
        for file in person.files:
            picture = decode(file.read_bytes())
            faces = detector.find(picture)
            if faces:
                face = central(faces, picture.size)
                landmarks = [face.landmarks] if finder is None else finder.find(picture, [face])
                rows.append(embedder.answers(picture, landmarks)[0])
                numbers.append(number)
                files.append(file.name)
    names = np.array([person.name for person in people])
    everybody = People(np.array(rows), np.array(numbers), names, np.array(files))
    return everybody.part(np.isin(np.arange(len(names)), numbers))


def mean_answer(answers: People) -> NDArray[np.float32]:
    """The mean over people of the mean over their pictures."""
    each = [answers.vectors[answers.people == number].mean(axis=0) for number in range(len(answers.names))]
    return np.mean(each, axis=0, dtype=np.float32)


def centred(card: RecognitionCard, answers: People, mean: NDArray[np.float32]) -> People:
    return People(fused(card, answers.vectors, mean), answers.people, answers.names, answers.files)


def show_most_alike(everybody: People, compared: Comparisons, set_aside: list[tuple[str, str]]) -> None:
    known = {frozenset(pair) for pair in set_aside}
    pairs = compared.impostors
    console.print("Most alike pairs with different names (x: set aside as one person):")
    for cosine, first, second in zip(pairs.cosines[:40], pairs.first, pairs.second, strict=False):
        names = {str(everybody.names[everybody.people[face]]) for face in (first, second)}
        mark = "x" if names in known else " "
        console.print(
            f"  {mark} {cosine:.3f}  {everybody.files[first]}  {everybody.files[second]}", highlight=False
        )


def show_transfer(card: RecognitionCard, answers: People, set_aside: list[tuple[str, str]]) -> None:
    """How the scale fitted on every other person does on the people in between, and the other way round."""
    for first in (0, 1):
        fitted_on = np.arange(len(answers.names)) % 2 == first
        mean = mean_answer(answers.part(fitted_on))
        fit = centred(card, answers.part(fitted_on), mean).compared(set_aside)
        test = centred(card, answers.part(~fitted_on), mean).compared(set_aside)
        for fmr in (1e-3, 1e-4, 1e-5, 1e-6):
            cosine = cosine_at(fit, fmr)
            hits = test.impostors.reaching(cosine)
            console.print(
                f"  half {first}: fitted for {fmr:.0e}, cosine {cosine:.3f}: on the other half "
                f"{hits / test.impostor_count:.2e} ({hits} of {test.impostor_count})",
                highlight=False,
            )


def show_recognition_rates(compared: Comparisons, knots: Knots) -> None:
    """The share of genuine pairs that reach a similarity, and false match rates as counted, nothing set aside."""
    genuine = compared.genuine
    for cosine, similarity in knots[1:-1]:
        console.print(
            f"  similarity {similarity:g}: cosine {cosine:.3f}, FMR {compared.fmr(cosine):.2e}, "
            f"genuine pairs accepted {genuine.reaching(cosine) / len(genuine):.2%} of {len(genuine)}",
            highlight=False,
        )
    for far in (1e-3, 1e-4, 1e-5):
        console.print(f"  TAR at FAR {far:.0e}: {compared.tar(compared.threshold(far)):.2%}", highlight=False)


def write_fit(
    card: RecognitionCard,
    mean: NDArray[np.float32],
    knots: Knots,
    answers: People,
    impostors: int,
    set_aside: int,
) -> None:
    """Write the file that the model card reads."""
    path = Path(__file__).parents[2] / "src/visavis/vision/calibration" / f"{card.name}.json"
    content = {
        "model": card.name,
        "set": f"{len(answers.people)} pictures of {len(answers.names)} people of LFW (those whose SHA-256 of the "
        f"name is even), at most {PICTURES_A_PERSON} a person; {impostors:,} impostor pairs, {set_aside} pairs of "
        "names set aside",
        "knots": knots,
        "mean": [round(float(value), 6) for value in mean],
    }
    path.write_text(json.dumps(content, indent=1) + "\n")
    console.print(f"Written: {path.name}")


if __name__ == "__main__":
    main()
