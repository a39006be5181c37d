"""Fits the similarity scale of a recognition model: which cosine stands for which false match rate.

    python training/similarity/calibrate.py PEOPLE [--set-aside FILE] [--write]

PEOPLE is a folder of people, PEOPLE/NAME/*.jpg, who did not help to train the model. The first ten pictures of
each are used; of each picture, the face nearest its centre, which is the one that such sets are about. Every pair
of pictures of different people is an impostor pair.

The result are the mean embedding, which the model's card subtracts, and the knots of the scale. Where impostors
are plenty, down to a false match rate of 1e-4, a knot is a quantile. Beyond, where a few pairs would decide, the
tail is fitted: a generalised Pareto distribution over the excesses (Pickands 1975; Coles, "An Introduction to
Statistical Modeling of Extreme Values", 2001, chapter 4). Pairs of names that are one person, mistakes of the set,
and identical twins are listed in a file and set aside.
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
from scipy import stats

from visavis.settings import Settings
from visavis.types import DetectedFace, ImageSize
from visavis.vision.decode import decode
from visavis.vision.detect import Detector
from visavis.vision.embed import Embedder, fused
from visavis.vision.models import SFACE, YUNET
from visavis.vision.session import Network
from visavis.vision.store import ModelStore

SIMILARITY_AT_FMR = {0.5: 10.0, 1e-1: 30.0, 1e-2: 55.0, 1e-3: 77.0, 1e-4: 90.0, 1e-5: 96.0, 1e-6: 99.0}
"""90 and 99 are the contract; the others keep the scale even in between."""
TAIL_STARTS_AT = 1e-4
PICTURES_A_PERSON = 10

console = Console()


@dataclass(frozen=True)
class People:
    """Embeddings, shape (n, d), one a picture, and the person in each."""

    embeddings: NDArray[np.float32]
    names: NDArray[np.str_]
    files: NDArray[np.str_]

    def part(self, chosen: NDArray[np.bool_]) -> People:
        return People(self.embeddings[chosen], self.names[chosen], self.files[chosen])


def main() -> None:
    arguments = parse_arguments()
    people = embed_all(arguments.people)
    same_person = read_pairs(arguments.set_aside) if arguments.set_aside else set()
    console.print(f"{len(people.names)} pictures of {len(set(people.names))} people")
    mean = mean_embedding(people)
    centred = centre(people, mean)
    show_most_alike(centred, same_person)
    show_transfer(people, same_person)
    impostors = impostor_cosines(centred, same_person)
    knots = fit_knots(impostors)
    show_recognition_rates(centred, knots)
    if arguments.write:
        write_card(mean, knots, len(people.names), len(set(people.names)), len(impostors), len(same_person))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("people", type=Path, help="folder of people, PEOPLE/NAME/*.jpg")
    parser.add_argument("--set-aside", type=Path, help="JSON list of pairs of names that are one person")
    parser.add_argument("--write", action="store_true", help="write the result into the model card's file")
    return parser.parse_args()


def read_pairs(path: Path) -> set[frozenset[str]]:
    return {frozenset(pair) for pair in json.loads(path.read_text())}


def embed_all(folder: Path) -> People:
    """Embeddings before any mean is subtracted."""
    store = ModelStore(Settings().models_dir)
    detector = Detector(store.load(YUNET))
    embedder = Embedder(SFACE, [Network(store.load(file), dynamic_axes=(0,)) for file in SFACE.files])
    rows, names, files = [], [], []
    for person in track(sorted(path for path in folder.iterdir() if path.is_dir()), "Embedding"):
        for path in sorted(person.glob("*.jpg"))[:PICTURES_A_PERSON]:
            picture = decode(path.read_bytes())
            faces = detector.find(picture)
            if faces:
                face = nearest_to_centre(faces, picture.size)
                rows.append(embedder.answers(picture.pixels, [face.landmarks])[0])
                names.append(person.name)
                files.append(path.name)
    return People(np.array(rows), np.array(names), np.array(files))


def nearest_to_centre(faces: list[DetectedFace], size: ImageSize) -> DetectedFace:
    def distance(face: DetectedFace) -> float:
        x, y = (face.box.x0 + face.box.x1) / 2, (face.box.y0 + face.box.y1) / 2
        return float(np.hypot(x - size.width / 2, y - size.height / 2))

    return min(faces, key=distance)


def mean_embedding(people: People) -> NDArray[np.float32]:
    """The mean over people of the mean over their pictures."""
    each = [people.embeddings[people.names == name].mean(axis=0) for name in np.unique(people.names)]
    return np.mean(each, axis=0, dtype=np.float32)


def centre(people: People, mean: NDArray[np.float32]) -> People:
    return People(fused(SFACE, people.embeddings, mean), people.names, people.files)


def impostor_cosines(people: People, same_person: set[frozenset[str]]) -> NDArray[np.float32]:
    """Cosines of all pairs of pictures of different people, sorted."""
    _, ids = np.unique(people.names, return_inverse=True)
    parts = []
    for row in range(len(ids) - 1):
        others = ids[row + 1 :] != ids[row]
        parts.append((people.embeddings[row + 1 :] @ people.embeddings[row])[others])
    cosines = np.sort(np.concatenate(parts))
    set_aside = [cosine for cosine, a, b in alike(people, 0.3) if frozenset((a[0], b[0])) in same_person]
    keep = np.ones(len(cosines), bool)
    for cosine in set_aside:
        keep[np.searchsorted(cosines, cosine)] = False
    return cosines[keep]


def alike(people: People, cosine: float) -> list[tuple[float, tuple[str, str], tuple[str, str]]]:
    """Pairs of pictures of different people with at least this cosine: (cosine, (name, file), (name, file))."""
    found = []
    for row in range(len(people.names) - 1):
        cosines = people.embeddings[row + 1 :] @ people.embeddings[row]
        for column in np.flatnonzero((cosines >= cosine) & (people.names[row + 1 :] != people.names[row])):
            other = row + 1 + int(column)
            found.append(
                (
                    float(cosines[column]),
                    (str(people.names[row]), str(people.files[row])),
                    (str(people.names[other]), str(people.files[other])),
                )
            )
    return sorted(found, reverse=True)


def fit_knots(impostors: NDArray[np.float32]) -> list[tuple[float, float]]:
    """(cosine, similarity) from -1 to 1, rising strictly."""
    inner = [(threshold_at(impostors, fmr), similarity) for fmr, similarity in SIMILARITY_AT_FMR.items()]
    return [(-1.0, 0.0), *((round(cosine, 4), similarity) for cosine, similarity in inner), (1.0, 100.0)]


def threshold_at(impostors: NDArray[np.float32], fmr: float) -> float:
    """The cosine that a share of `fmr` of impostor pairs reach."""
    if fmr >= TAIL_STARTS_AT:
        return float(np.quantile(impostors, 1 - fmr))
    start = float(np.quantile(impostors, 1 - 10 * TAIL_STARTS_AT))
    excesses = impostors[impostors > start] - start
    shape, _, scale = stats.genpareto.fit(excesses, floc=0)
    return start + float(stats.genpareto.isf(fmr / (10 * TAIL_STARTS_AT), shape, 0, scale))


def show_most_alike(people: People, same_person: set[frozenset[str]]) -> None:
    console.print("Most alike pairs with different names (x: set aside as one person):")
    for cosine, a, b in alike(people, 0.3)[:40]:
        mark = "x" if frozenset((a[0], b[0])) in same_person else " "
        console.print(f"  {mark} {cosine:.3f}  {a[1]}  {b[1]}", highlight=False)


def show_transfer(people: People, same_person: set[frozenset[str]]) -> None:
    """How the scale fitted on every other person does on the people in between, and the other way round."""
    names = np.unique(people.names)
    for first in (0, 1):
        fitted_on = np.isin(people.names, names[first::2])
        mean = mean_embedding(people.part(fitted_on))
        fit = impostor_cosines(centre(people.part(fitted_on), mean), same_person)
        test = impostor_cosines(centre(people.part(~fitted_on), mean), same_person)
        for fmr in (1e-3, 1e-4, 1e-5, 1e-6):
            threshold = threshold_at(fit, fmr)
            hits = int((test >= threshold).sum())
            console.print(
                f"  half {first}: fitted for {fmr:.0e}, cosine {threshold:.3f}: on the other half "
                f"{hits / len(test):.2e} ({hits} of {len(test)})",
                highlight=False,
            )


def show_recognition_rates(people: People, knots: list[tuple[float, float]]) -> None:
    """The share of genuine pairs that reach a similarity, and false match rates as counted, nothing set aside."""
    genuine = np.concatenate(
        [
            (mine @ mine.T)[np.triu_indices(len(mine), 1)]
            for mine in (people.embeddings[people.names == name] for name in np.unique(people.names))
        ]
    )
    everybody = impostor_cosines(people, set())
    for cosine, similarity in knots[1:-1]:
        console.print(
            f"  similarity {similarity:g}: cosine {cosine:.3f}, FMR {np.mean(everybody >= cosine):.2e}, "
            f"genuine pairs accepted {np.mean(genuine >= cosine):.2%} of {len(genuine)}",
            highlight=False,
        )
    for far in (1e-3, 1e-4, 1e-5):
        threshold = everybody[-int(far * len(everybody)) - 1]
        console.print(f"  TAR at FAR {far:.0e}: {np.mean(genuine > threshold):.2%}", highlight=False)


def write_card(
    mean: NDArray[np.float32],
    knots: list[tuple[float, float]],
    pictures: int,
    people: int,
    impostors: int,
    set_aside: int,
) -> None:
    """Write the file that the model card reads."""
    path = Path(__file__).parents[2] / "src/visavis/vision/calibration" / f"{SFACE.name}.json"
    content = {
        "model": SFACE.name,
        "set": f"{pictures} pictures of {people} people of LFW (those whose SHA-256 of the name is even), at most "
        f"{PICTURES_A_PERSON} a person; {impostors:,} impostor pairs, {set_aside} pairs of names set aside",
        "knots": knots,
        "mean": [round(float(value), 6) for value in mean],
    }
    path.write_text(json.dumps(content, indent=1) + "\n")
    console.print(f"Written: {path.name}")


if __name__ == "__main__":
    main()
