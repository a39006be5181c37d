"""Pictures to faces, by the analyzer that the server uses."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from visavis.core.policy import is_comparable, is_too_poor
from visavis.errors import ErrorCode, ServiceError
from visavis.types import Box, DetectedFace, Embedding, GroupSettings, ImageSize, Traits
from visavis.vision.analyzer import Analyzer
from visavis.vision.decode import DecodedPicture

T = TypeVar("T")


class UnreadableError(Exception):
    """A file is no picture; in a sentence."""


class Which(StrEnum):
    """Which face of a picture is measured, where there are several."""

    LARGEST = "largest"
    """The one that the server takes for a search, a verification, a comparison."""
    CENTRAL = "central"
    """The one nearest the centre, which collections of people such as LFW are about."""


@dataclass(frozen=True, slots=True)
class Look:
    """What became of one picture."""

    file: Path
    face: DetectedFace | None = None
    """None where none was found."""
    embedding: Embedding | None = None
    """Shape (d,), where one was wanted and there is a face."""
    probe: Embedding | None = None
    """The embedding as a face that is asked about, where it is not the same."""
    unreadable: str | None = None
    """Why the file could not be read as a picture, in a sentence."""


@dataclass(frozen=True, slots=True)
class Instrumentation:
    """Looks at one face of each picture, at several pictures at once."""

    analyzer: Analyzer
    threads: int
    traits: Traits
    """What is wanted of each face."""
    model: str | None = None
    """The recognition model that makes embeddings; None: no embeddings are wanted."""
    which: Which = Which.LARGEST

    def look_at(self, files: Sequence[Path], advance: Callable[[], None]) -> list[Look]:
        """One look a file, in their order; `advance` is called as each is done. Bad files are no errors."""
        return in_parallel(self._look, files, self.threads, advance)

    def _look(self, file: Path) -> Look:
        try:
            seen = see_one_face(self.analyzer, file, self.which, self._see)
        except UnreadableError as error:
            return Look(file, unreadable=str(error))
        return Look(file) if seen is None else Look(file, *seen)

    def _see(
        self, picture: DecodedPicture, face: DetectedFace
    ) -> tuple[DetectedFace, Embedding | None, Embedding | None]:
        [described] = self.analyzer.describe(picture, [face], self.traits)
        if self.model is None:
            return described, None, None
        [embedding] = self.analyzer.embed(picture, [face], self.model)
        return described, embedding, self.analyzer.as_probe(embedding, self.model)


def in_parallel(
    look: Callable[[Path], T], files: Sequence[Path], threads: int, advance: Callable[[], None]
) -> list[T]:
    """What a look at each file gives, in their order; `advance` is called as each is done."""
    looks = []
    with ThreadPoolExecutor(threads) as pool:
        for seen in pool.map(look, files):
            looks.append(seen)
            advance()
    return looks


def see_one_face(
    analyzer: Analyzer, file: Path, which: Which, see: Callable[[DecodedPicture, DetectedFace], T]
) -> T | None:
    """What `see` makes of a picture and the face of it that is measured; None where there is no face.

    Raises UnreadableError if the file is no picture.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise UnreadableError(f"{error.strerror}.") from error
    try:
        with analyzer.decode(data) as picture:
            face = meant(analyzer.find(picture), which, picture.size)
            return None if face is None else see(picture, face)
    except ServiceError as error:
        if error.code is ErrorCode.INTERNAL:
            raise
        raise UnreadableError(error.detail) from error


def counts(looks: Sequence[Look]) -> dict[str, Any]:
    """Pictures with a face, without one, and files that are no pictures."""
    faces = sum(look.face is not None for look in looks)
    unreadable = sum(look.unreadable is not None for look in looks)
    return {"faces": faces, "missed": len(looks) - faces - unreadable, "unreadable": unreadable}


def is_refused(face: DetectedFace, asked: GroupSettings) -> bool:
    """Whether a group that asks for so much would compare this face with nobody.

    All that is measured asks here, and nowhere else.
    """
    return is_too_poor(face.quality, asked.min_quality) or not is_comparable(face, asked.min_comparability)


def meant(faces: Sequence[DetectedFace], which: Which, size: ImageSize) -> DetectedFace | None:
    """Which of the faces of a picture of this size, largest first, is measured; None where there is none."""
    if not faces:
        return None
    return faces[0] if which is Which.LARGEST else central(faces, size)


def central(faces: Sequence[DetectedFace], size: ImageSize) -> DetectedFace:
    """The face nearest the centre of a picture of this size."""
    return min(faces, key=lambda face: _off_centre(face.box, size))


def _off_centre(box: Box, size: ImageSize) -> float:
    """Pixels from the centre of the picture to that of the box."""
    return math.hypot((box.x0 + box.x1 - size.width) / 2, (box.y0 + box.y1 - size.height) / 2)
