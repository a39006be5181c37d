"""Measures which faces a coarse first look finds and a fine scan does not, and the reverse (docs/decisions/0088).

    python training/robustness/scans.py FOLDER ... [--heads PEOPLE] [--scenes N] [--every N]

Every picture of each FOLDER is searched for faces as the product does, and as it did before it looked coarsely
first: by a fine scan at once. So is every Nth of them, enlarged to where the two differ most, and the same on its
side; and scenes composed of the heads in PEOPLE/NAME/*.jpg. Faces that only one of the two finds are listed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from unittest.mock import patch

import cv2
import numpy as np
from composed import KINDS, scene
from meter import Meter, console
from numpy.typing import NDArray
from rich.progress import track

from visavis.errors import ServiceError
from visavis.evaluation.corpus import central
from visavis.evaluation.folders import people_in, pictures_in
from visavis.types import COMPARABLE, DetectedFace
from visavis.vision import detect
from visavis.vision.analyzer import Analyzer
from visavis.vision.decode import Pixels, decode
from visavis.vision.geometry import SAME_FACE_IOU, iou
from visavis.vision.models import DEFAULT_RECOGNITION

LARGE = 800
"""Pixels of the long side: of such a picture the first look sees 0.4, and the fine scan nearly all."""
COLUMNS = ("pictures", "looked at coarsely", "faces by a fine scan", "now", "only by a fine scan", "only now")


@dataclass(frozen=True)
class Shown:
    """A picture, whose file is read or made when it is wanted."""

    name: str
    data: Callable[[], bytes]


@dataclass
class Compared:
    """What the two find in pictures of one kind."""

    pictures: int = 0
    coarse: int = 0
    """Pictures whose first look is coarser than the fine scan; in all others nothing can differ."""
    before: int = 0
    now: int = 0
    lost: list[str] = field(default_factory=list)
    gained: list[str] = field(default_factory=list)

    def add(self, analyzer: Analyzer, shown: Shown) -> None:
        try:
            data = shown.data()
            with analyzer.decode(data) as picture:
                self.pictures += 1
                with finely():
                    fine = detect.first_scale(picture.size)
                if detect.first_scale(picture.size) == fine:
                    return
                now = analyzer.find(picture)
        except ServiceError:  # too small for a face that is reported
            return
        with finely(), analyzer.decode(data) as picture:
            before = analyzer.find(picture)
        self.coarse += 1
        self.before += len(before)
        self.now += len(now)
        self.lost += [f"{shown.name}: {told(face)}" for face in without(before, now)]
        self.gained += [f"{shown.name}: {told(face)}" for face in without(now, before)]


def finely() -> AbstractContextManager[object]:
    """Detection as it was before, within the block: a first look at full scale is a fine scan."""
    return patch.object(detect, "_FIRST_SCALE", 1.0)


def without(faces: Sequence[DetectedFace], others: Sequence[DetectedFace]) -> list[DetectedFace]:
    """The faces of the first list that overlap no face of the second."""
    places = np.array([corners(other) for other in others], np.float32).reshape(-1, 4)
    return [face for face in faces if not (iou(corners(face), places) >= SAME_FACE_IOU).any()]


def corners(face: DetectedFace) -> NDArray[np.float32]:
    return np.array([face.box.x0, face.box.y0, face.box.x1, face.box.y1], np.float32)


def told(face: DetectedFace) -> str:
    box = face.box
    return f"{box.width:.0f} x {box.height:.0f} px at {box.x0:.0f}, {box.y0:.0f}, score {face.detection_score:.2f}"


def main() -> None:
    arguments = parse_arguments()
    analyzer = Meter.load(DEFAULT_RECOGNITION.name, COMPARABLE).analyzer
    print(f"| | {' | '.join(COLUMNS)} |\n|---{'|---' * len(COLUMNS)}|", flush=True)
    lists = []
    in_all = chain(
        in_folders(arguments.folders, arguments.every), in_scenes(arguments.heads, arguments.scenes, analyzer)
    )
    for kind, pictures in in_all:
        found = Compared()
        for shown in track(pictures, kind, console=console):
            found.add(analyzer, shown)
        counts = [found.pictures, found.coarse, found.before, found.now, len(found.lost), len(found.gained)]
        print(f"| {kind} | {' | '.join(f'{count:,}' for count in counts)} |", flush=True)
        lists += [f"{kind}, only by a fine scan: {each}" for each in found.lost]
        lists += [f"{kind}, only now: {each}" for each in found.gained]
    print("\n" + "\n".join(lists))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER")
    parser.add_argument("--heads", type=Path, help="folder of people, PEOPLE/NAME/*.jpg, for scenes")
    parser.add_argument("--scenes", type=int, default=80, help="so many of each kind")
    parser.add_argument("--every", type=int, default=1, help="enlarge every Nth picture only")
    return parser.parse_args()


def in_folders(folders: Iterable[Path], every: int) -> Iterator[tuple[str, Sequence[Shown]]]:
    """The pictures of each folder as they are, enlarged, and enlarged on their side."""
    for folder in folders:
        files = pictures_in(folder)
        yield folder.name, [Shown(file.name, file.read_bytes) for file in files]
        for kind, quarters in ((f"{folder.name}, {LARGE} px", 0), (f"{folder.name}, {LARGE} px, on one side", 1)):
            yield kind, [Shown(file.name, partial(enlarged, file, quarters)) for file in files[::every]]


def enlarged(file: Path, quarters: int) -> bytes:
    """The picture with a long side of LARGE pixels, turned anticlockwise by so many quarters."""
    pixels = decode(file.read_bytes()).pixels
    factor = LARGE / max(pixels.shape[:2])
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    large = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=method)
    return as_jpeg(np.rot90(large, quarters))


def in_scenes(people: Path | None, count: int, analyzer: Analyzer) -> Iterator[tuple[str, Sequence[Shown]]]:
    """Composed scenes, so many of each kind."""
    if people is None:
        return
    portraits = list(portraits_of(people, analyzer))
    for kind in KINDS:
        yield kind, [Shown(str(number), partial(composed, kind, number, portraits)) for number in range(count)]


def composed(kind: str, number: int, portraits: Sequence[tuple[Pixels, DetectedFace]]) -> bytes:
    return as_jpeg(scene(kind, number, portraits))


def portraits_of(people: Path, analyzer: Analyzer) -> Iterator[tuple[Pixels, DetectedFace]]:
    """The first picture of everybody, as far as a face is found in it."""
    for person in people_in(people, 1):
        picture = decode(person.files[0].read_bytes())
        if faces := analyzer.find(picture):
            yield picture.pixels, central(faces, picture.size)


def as_jpeg(pixels: NDArray[np.uint8] | cv2.typing.MatLike) -> bytes:
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()


if __name__ == "__main__":
    main()
