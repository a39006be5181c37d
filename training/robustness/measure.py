"""Measures what is found, recognised and confused in pictures that are not as they should be (docs/robustness.md).

    python training/robustness/measure.py PEOPLE [--part held] [--every N] [--model NAME] [--min-comparability C]

PEOPLE is a folder of people, PEOPLE/NAME/*.jpg. One picture a person, the second if there is one, is made worse in
one way after the other. Of people with two pictures it is compared with the first, and of all with the pictures of
all others: made worse in the same way, and as they are. Refusals and similarities are those of a server. A face
counts as found if its box overlaps the true one by a third, and its landmarks as right if they err by less than
15 % of the distance between the eyes on average; what is true is what is found in the picture as it is.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from meter import Meter, in_parallel
from numpy.typing import NDArray

from visavis.evaluation import folders
from visavis.evaluation.corpus import central
from visavis.evaluation.worsening import ROWS, Moved, Worsen
from visavis.types import COMPARABLE, Box, DetectedFace, Embedding
from visavis.vision.decode import DecodedPicture, Pixels, decode
from visavis.vision.models import DEFAULT_RECOGNITION

sys.path.insert(0, str(Path(__file__).parents[1] / "similarity"))
from parts import fitted_on

ACCEPTED, CERTAIN = 90.0, 99.0
"""Similarities: one stranger in 10,000 has the first, one in 1,000,000 the second."""
FOUND_OVERLAP, RIGHT_LANDMARKS = 1 / 3, 0.15
COLUMNS = (
    *("found", "landmarks right", "refused", "quality", "accepted"),
    *("strangers, both worse: at 90", "at 99", "one worse: at 90"),
)


@dataclass(frozen=True)
class Person:
    """One picture of somebody, to be made worse, and what it is compared with."""

    pixels: Pixels
    face: DetectedFace
    enrolled: Embedding | None
    """Of the first picture as it is; None where that is refused."""
    alone: bool
    """There is but one picture, so there is no genuine pair."""


@dataclass(frozen=True)
class Outcome:
    """What became of a picture that was made worse."""

    found: bool = False
    right: bool = False
    refused: bool = False
    quality: float = 0.0
    embedding: Embedding | None = None
    """None where no face was found, or it was refused."""


def main() -> None:
    arguments = parse_arguments()
    meter = Meter.load(arguments.model, arguments.min_comparability)
    files = chosen(arguments.people, arguments.part, arguments.every)
    people = [each for each in in_parallel(partial(read, meter), files, "Reading") if each]
    print(f"{len(people)} people, {sum(not each.alone for each in people)} with two pictures.\n")
    print(f"| | {' | '.join(COLUMNS)} |\n|---{'|---' * len(COLUMNS)}|", flush=True)
    for name, worsen in ROWS.items():
        outcomes = list(in_parallel(partial(outcome, meter, worsen), people, name))
        print(f"| {name} | {' | '.join([*seen(outcomes), *compared(meter, people, outcomes)])} |", flush=True)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("people", type=Path, help="folder of people, PEOPLE/NAME/*.jpg")
    parser.add_argument("--part", choices=("all", "held"), default="all", help="held: people not fitted on (LFW)")
    parser.add_argument("--every", type=int, default=1, help="take every Nth of the people with one picture only")
    parser.add_argument("--model", default=DEFAULT_RECOGNITION.name, help="the recognition model")
    parser.add_argument("--min-comparability", type=float, default=COMPARABLE, help="0: nothing is refused")
    return parser.parse_args()


def chosen(folder: Path, part: str, every: int) -> list[tuple[Path, ...]]:
    """One or two pictures of each person: all who have two, and every Nth of the others."""
    people = [
        person.files
        for person in folders.people_in(folder, 2)
        if part == "all" or not fitted_on("lfw", person.name)
    ]
    return [*(each for each in people if len(each) > 1), *[each for each in people if len(each) == 1][::every]]


def read(meter: Meter, files: Sequence[Path]) -> Person | None:
    """None where a picture shows no face."""
    found = []
    for file in files:
        picture = decode(file.read_bytes())
        faces = meter.analyzer.find(picture)
        if not faces:
            return None
        found.append((picture, central(faces, picture.size)))
    (first, first_face), (last, last_face) = found[0], found[-1]
    return Person(last.pixels, last_face, meter.embed(first, meter.described(first, first_face)), len(files) == 1)


def outcome(meter: Meter, worsen: Worsen, person: Person) -> Outcome:
    pixels, moved = worsen(person.pixels, person.face)
    picture = DecodedPicture(np.ascontiguousarray(pixels))
    truth, landmarks = box_after(person.face.box, moved), after(person.face.landmarks.as_array(), moved)
    face = max(meter.analyzer.find(picture), key=lambda face: overlap(face.box, truth), default=None)
    if face is None or overlap(face.box, truth) < FOUND_OVERLAP:
        return Outcome()
    errors = np.linalg.norm(face.landmarks.as_array() - landmarks, axis=1)
    described = meter.described(picture, face)
    embedding = meter.embed(picture, described)
    return Outcome(
        found=True,
        right=bool(errors.mean() < RIGHT_LANDMARKS * np.linalg.norm(landmarks[1] - landmarks[0])),
        refused=embedding is None,
        quality=described.quality.score if described.quality else 0.0,
        embedding=embedding,
    )


def seen(outcomes: Sequence[Outcome]) -> list[str]:
    """Shares of all pictures, found or not, and the median quality of those found."""
    shares = [np.mean([getattr(each, name) for each in outcomes]) for name in ("found", "right", "refused")]
    qualities = [each.quality for each in outcomes if each.found]
    return [*(f"{100 * share:.1f} %" for share in shares), f"{np.median(qualities):.0f}" if qualities else ""]


def compared(meter: Meter, people: Sequence[Person], outcomes: Sequence[Outcome]) -> list[str]:
    """Genuine pairs accepted, and pairs of different people that match, of all pairs."""
    worse = alike(meter, [each.embedding for each in outcomes], [each.embedding for each in outcomes])
    one_worse = alike(meter, [each.embedding for each in outcomes], [each.enrolled for each in people])
    genuine = np.diagonal(one_worse)[[not each.alone for each in people]]
    pairs = worse[np.triu_indices(len(people), 1)]
    np.fill_diagonal(one_worse, 0)
    return [
        f"{100 * (genuine >= ACCEPTED).mean():.1f} %" if len(genuine) else "",
        of(int((pairs >= ACCEPTED).sum()), len(pairs)),
        of(int((pairs >= CERTAIN).sum()), len(pairs)),
        of(int((one_worse >= ACCEPTED).sum()), len(people) * (len(people) - 1)),
    ]


def alike(
    meter: Meter, asked: Sequence[Embedding | None], stored: Sequence[Embedding | None]
) -> NDArray[np.float64]:
    """Similarities, shape (asked, stored): 0 where there is no embedding, since such a face matches nobody."""
    similarities = np.zeros((len(asked), len(stored)))
    rows = [place for place, each in enumerate(asked) if each is not None]
    columns = [place for place, each in enumerate(stored) if each is not None]
    if rows and columns:
        similarities[np.ix_(rows, columns)] = meter.similarities(
            [each for each in asked if each is not None], [each for each in stored if each is not None]
        )
    return similarities


def of(some: int, all_of_them: int) -> str:
    """A count with its rate in 1e-4."""
    return f"{some:,} of {all_of_them:,} ({1e4 * some / max(all_of_them, 1):.3g})"


def after(points: NDArray[np.float32], moved: Moved) -> NDArray[np.float64]:
    return np.asarray(points @ moved[:, :2].T + moved[:, 2], np.float64)


def box_after(box: Box, moved: Moved) -> Box:
    corners = [(box.x0, box.y0), (box.x1, box.y0), (box.x0, box.y1), (box.x1, box.y1)]
    points = after(np.array(corners, np.float32), moved)
    return Box(*points.min(axis=0).tolist(), *points.max(axis=0).tolist())


def overlap(first: Box, second: Box) -> float:
    """Intersection over union."""
    width = min(first.x1, second.x1) - max(first.x0, second.x0)
    height = min(first.y1, second.y1) - max(first.y0, second.y0)
    shared = max(width, 0.0) * max(height, 0.0)
    return shared / (first.area + second.area - shared)


if __name__ == "__main__":
    main()
