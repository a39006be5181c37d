"""From directories of pictures to labelled crops."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from drawing import draw
from faces import MARGIN, SIDE, Found, largest, wide_crop
from numpy.typing import NDArray

from visavis.vision.detect import Detector

LOOKS = ((400, 0.0), (320, 0.2))
"""Long side and border: two opinions on the landmarks, and two chances to find a tightly cut face."""
LAST_LOOK = (640, 0.1)
"""For pictures in which both found none."""
HELD_OUT = 0.3
PORTION = 64


@dataclass(frozen=True)
class Task:
    """One picture to be made into samples, and how many drawings to add to it."""

    path: Path
    masked: bool
    source: str
    group: str
    masks: int = 0
    obstacles: int = 0


@dataclass(frozen=True)
class Sample:
    """A face in one or two alignments, shape (k, 144, 144, 3), the surest first."""

    crops: NDArray[np.uint8]
    masked: bool
    source: str
    kind: str
    group: str
    size: float
    path: str


def number(text: str) -> int:
    """A 32-bit number that depends on the text alone."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)


def held_out(person: str) -> bool:
    """Whether a person is kept for measuring only."""
    return number(f"mask:{person}") / 2**32 < HELD_OUT


def tightly_cut(sample: Sample) -> bool:
    """Whether the picture ends at the face: more than 4 % of the aligned face lies outside of it, and is black."""
    inside = slice(MARGIN, MARGIN + SIDE)
    return bool((sample.crops[0][inside, inside].max(axis=2) < 3).mean() > 0.04)


def tasks(people: Path, masked: Path, unmasked: Path) -> list[Task]:
    """Pictures of `people` lie in one directory a person; the others are told apart later, by grouping."""
    wearing = [Task(path, masked=True, source="masked", group=path.stem) for path in sorted(masked.glob("*.jpg"))]
    bare = [
        Task(path, masked=False, source="unmasked", group=path.stem, masks=1, obstacles=1)
        for path in sorted(unmasked.glob("*.jpg"))
    ]
    named = [
        Task(path, masked=False, source="people", group=path.parent.name, masks=1, obstacles=1)
        for path in sorted(people.glob("*/*.jpg"))
    ]
    return wearing + bare + named


def alignments(detector: Detector, picture: NDArray[np.uint8]) -> list[Found]:
    """What the detector says in several looks, the surest first; looks that found another face are left out."""
    found = [face for look in LOOKS if (face := largest(detector, picture, *look))]
    if not found:
        found = [face for face in [largest(detector, picture, *LAST_LOOK)] if face]
    found.sort(key=lambda face: -face.score)
    return [face for face in found if np.abs(face.points - found[0].points).max() < 0.35 * found[0].size]


def samples(task: Task, detector: Detector, donors: list[Path]) -> list[Sample]:
    """The picture itself, then its drawings; nothing if it shows no face."""
    picture = cv2.imread(str(task.path))
    found = alignments(detector, picture)
    if not found or found[0].size < 24:
        return []
    rng = np.random.default_rng(number(task.path.name))

    def sample(shown: NDArray[np.uint8], places: list[Found], kind: str, *, masked: bool) -> Sample:
        crops = np.stack([wide_crop(shown, place.points) for place in places])
        return Sample(crops, masked, task.source, kind, task.group, found[0].size, str(task.path))

    result = [sample(picture, found, "photo", masked=task.masked)]
    for index in range(task.masks + task.obstacles):
        masked = index < task.masks
        donor = cv2.imread(str(donors[rng.integers(len(donors))]))
        drawn, kind = draw(rng, picture, found[0].points, donor, masked=masked)
        # The drawing moves the landmarks that the detector sees, as real masks do.
        again = largest(detector, drawn, *LOOKS[rng.integers(len(LOOKS))])
        close = again is not None and np.abs(again.points - found[0].points).max() < 0.6 * found[0].size
        result.append(sample(drawn, [again if again is not None and close else found[0]], kind, masked=masked))
    return result


@cache
def _detector(weights: Path) -> Detector:
    cv2.setNumThreads(1)
    return Detector(weights.read_bytes())


def _portion(todo: list[Task], weights: Path, donors: list[Path]) -> list[Sample]:
    return [sample for task in todo for sample in samples(task, _detector(weights), donors)]


def build(todo: list[Task], weights: Path, workers: int) -> Iterator[list[Sample]]:
    """All samples in the order of the tasks, in portions of 64 pictures."""
    donors = [task.path for task in todo if task.source == "people" and not held_out(task.group)]
    with ProcessPoolExecutor(workers) as pool:
        portions = [todo[start : start + PORTION] for start in range(0, len(todo), PORTION)]
        yield from pool.map(_portion, portions, [weights] * len(portions), [donors] * len(portions))
