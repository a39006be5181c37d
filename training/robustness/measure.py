"""Measures what is found and recognised in pictures that are not as they should be (docs/robustness.md).

    python training/robustness/measure.py PEOPLE MASKED [--every N]

PEOPLE is a folder of people, PEOPLE/NAME/*.jpg; of every Nth person with two pictures or more, the second is made
worse in one way after the other and compared with the first. MASKED is a folder of pictures with a masked face
each. A face counts as found if its box overlaps the true one by a third, and its landmarks as right if they err by
less than 15 % of the distance between the eyes on average; what is true is what is found in the picture as it is.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import openpeople
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from worsen import WAYS, Moved, Worsen

from visavis.core.calibration import Calibration
from visavis.errors import FaceError
from visavis.settings import Settings
from visavis.types import Box, DetectedFace, Embedding, Traits
from visavis.vision.analyzer import Analyzer
from visavis.vision.decode import DecodedPicture, Pixels, decode
from visavis.vision.models import DEFAULT_RECOGNITION
from visavis.vision.store import ModelStore

ACCEPTED = 90.0
"""Similarity: one stranger in 10,000 has it."""
FOUND_OVERLAP, RIGHT_LANDMARKS = 1 / 3, 0.15

console = Console(stderr=True)


@dataclass(frozen=True)
class Person:
    """The embedding of one picture and the pixels of another one, with the face it is about."""

    enrolled: Embedding
    pixels: Pixels
    face: DetectedFace


@dataclass(frozen=True)
class Outcome:
    """What became of one picture."""

    found: bool
    right: bool = False
    accepted: bool = False
    quality: float = 0.0


def main() -> None:
    arguments = parse_arguments()
    analyzer = Analyzer.load(ModelStore(Settings().models_dir), cpu_places=1)
    calibration = Calibration.from_table(DEFAULT_RECOGNITION.similarity_table)
    people = list(track(read_people(arguments.people, arguments.every, analyzer), "Reading", console=console))
    print(f"| {len(people)} pictures, one a person | found | landmarks right | accepted | quality |")
    print("|---|---|---|---|---|")
    for name, worsen in track(WAYS.items(), "Making worse", console=console):
        outcomes = [outcome(person, worsen, analyzer, calibration) for person in people]
        print(f"| {name} | {row(outcomes)} |", flush=True)
    print("\n| pictures | found |\n|---|---|")
    for name, text in (
        ("masked faces", masked(arguments.masked, arguments.every, analyzer)),
        ("montages of 24 faces; 20 are reported", montages(people, analyzer)),
        ("openpeople, sheets of 16 emotions", sheets(analyzer, "emotions_sheet", 16)),
        ("openpeople, sheets of a front and two profiles", sheets(analyzer, "character_sheet", 3)),
    ):
        print(f"| {name} | {text} |", flush=True)
    print("\n" + without_faces(people, analyzer))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("people", type=Path, help="folder of people, PEOPLE/NAME/*.jpg")
    parser.add_argument("masked", type=Path, help="folder of pictures with a masked face each")
    parser.add_argument("--every", type=int, default=1, help="take every Nth person or picture only")
    return parser.parse_args()


def read_people(folder: Path, every: int, analyzer: Analyzer) -> Iterator[Person]:
    several = [files for one in sorted(folder.iterdir()) if len(files := sorted(one.glob("*.jpg"))) > 1]
    for first, second, *_ in several[::every]:
        enrolled, picture = decode(first.read_bytes()), decode(second.read_bytes())
        [embedding] = analyzer.embed(enrolled, [central(enrolled, analyzer)], DEFAULT_RECOGNITION.name)
        yield Person(embedding, picture.pixels, central(picture, analyzer))


def central(picture: DecodedPicture, analyzer: Analyzer) -> DetectedFace:
    """The face nearest the centre, which is the one that such pictures are about."""
    middle = Box(picture.size.width / 2, picture.size.height / 2, picture.size.width / 2, picture.size.height / 2)
    return min(analyzer.find(picture), key=lambda face: distance(face.box, middle))


def distance(one: Box, other: Box) -> float:
    return abs(one.x0 + one.x1 - other.x0 - other.x1) + abs(one.y0 + one.y1 - other.y0 - other.y1)


def outcome(person: Person, worsen: Worsen, analyzer: Analyzer, calibration: Calibration) -> Outcome:
    pixels, moved = worsen(person.pixels, person.face)
    picture = DecodedPicture(np.ascontiguousarray(pixels))
    truth, landmarks = box_after(person.face.box, moved), after(person.face.landmarks.as_array(), moved)
    face = max(analyzer.find(picture), key=lambda face: overlap(face.box, truth), default=None)
    if face is None or overlap(face.box, truth) < FOUND_OVERLAP:
        return Outcome(found=False)
    errors = np.linalg.norm(face.landmarks.as_array() - landmarks, axis=1)
    right = bool(errors.mean() < RIGHT_LANDMARKS * np.linalg.norm(landmarks[1] - landmarks[0]))
    [embedding] = analyzer.embed(picture, [face], DEFAULT_RECOGNITION.name)
    [described] = analyzer.describe(picture, [face], Traits(quality=True))
    similarity = calibration.similarity(float(embedding @ person.enrolled))
    return Outcome(
        found=True,
        right=right,
        accepted=similarity >= ACCEPTED,
        quality=described.quality.score if described.quality else 0.0,
    )


def row(outcomes: Sequence[Outcome]) -> str:
    shares = [np.mean([getattr(each, name) for each in outcomes]) for name in ("found", "right", "accepted")]
    quality = np.median([each.quality for each in outcomes if each.found]) if any(shares) else 0
    return " | ".join([*(f"{100 * share:.1f} %" for share in shares), f"{quality:.0f}"])


def masked(folder: Path, every: int, analyzer: Analyzer) -> str:
    found = count = 0
    for file in sorted(folder.glob("*.jpg"))[::every]:
        try:
            picture = decode(file.read_bytes())
        except FaceError:  # too small for a face that is reported
            continue
        found += bool(analyzer.find(picture))
        count += 1
    return counted(found, count)


def montages(people: Sequence[Person], analyzer: Analyzer) -> str:
    found = wanted = 0
    for start in range(0, len(people) - 23, 24):
        tiles = [cv2.resize(person.pixels, (250, 250)) for person in people[start : start + 24]]
        rows = [np.hstack(tiles[index : index + 6]) for index in range(0, 24, 6)]
        found += len(analyzer.find(DecodedPicture(np.vstack(rows).astype(np.uint8))))
        wanted += 20
    return counted(found, wanted)


def sheets(analyzer: Analyzer, kind: str, faces: int) -> str:
    curated = Path(openpeople.__file__).parent / "data" / "curated"
    files = sorted(curated.glob(f"P*/assets/{kind}.jpg"))
    return counted(sum(len(analyzer.find(decode(file.read_bytes()))) for file in files), faces * len(files))


def without_faces(people: Iterable[Person], analyzer: Analyzer) -> str:
    """False alarms in pictures whose faces, as far as they are found upright, have been painted over."""
    alarms, seconds, count = 0, 0.0, 0
    for person in people:
        picture = DecodedPicture(painted_over(person.pixels, analyzer.find(DecodedPicture(person.pixels))))
        start = time.perf_counter()
        alarms += len(analyzer.find(picture))
        seconds += time.perf_counter() - start
        count += 1
    return (
        f"Found in {count} pictures whose faces were painted over: {alarms}; {1000 * seconds / count:.1f} ms each."
    )


def painted_over(pixels: Pixels, faces: Iterable[DetectedFace]) -> Pixels:
    painted = pixels.copy()
    for face in faces:
        across, down = 0.3 * face.box.width, 0.3 * face.box.height
        rows = slice(max(0, round(face.box.y0 - down)), round(face.box.y1 + down))
        columns = slice(max(0, round(face.box.x0 - across)), round(face.box.x1 + across))
        painted[rows, columns] = painted[rows, columns].mean(axis=(0, 1))
    return painted


def counted(some: int, all_of_them: int) -> str:
    return f"{some} of {all_of_them} ({100 * some / max(all_of_them, 1):.1f} %)"


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
