"""Pictures to faces, by the analyzer that the server uses."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from visavis.core.policy import is_comparable, is_too_poor
from visavis.errors import ErrorCode, FaceError
from visavis.types import Box, DetectedFace, Embedding, GroupSettings, ImageSize, Traits
from visavis.vision.analyzer import Analyzer


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
class Observer:
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
        looks = []
        with ThreadPoolExecutor(self.threads) as pool:
            for look in pool.map(self._look, files):
                looks.append(look)
                advance()
        return looks

    def _look(self, file: Path) -> Look:
        try:
            data = file.read_bytes()
        except OSError as error:
            return Look(file, unreadable=f"{error.strerror}.")
        try:
            with self.analyzer.decode(data) as picture:
                found = self.analyzer.find(picture)
                if not found:
                    return Look(file)
                faces = found[:1] if self.which is Which.LARGEST else [central(found, picture.size)]
                [face] = self.analyzer.describe(picture, faces, self.traits)
                if self.model is None:
                    return Look(file, face)
                [embedding] = self.analyzer.embed(picture, faces, self.model)
                return Look(file, face, embedding, self.analyzer.as_probe(embedding, self.model))
        except FaceError as error:
            if error.code is ErrorCode.INTERNAL:
                raise
            return Look(file, unreadable=error.detail)


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


def central(faces: Sequence[DetectedFace], size: ImageSize) -> DetectedFace:
    """The face nearest the centre of a picture of this size."""
    return min(faces, key=lambda face: _off_centre(face.box, size))


def _off_centre(box: Box, size: ImageSize) -> float:
    """Pixels from the centre of the picture to that of the box."""
    return math.hypot((box.x0 + box.x1 - size.width) / 2, (box.y0 + box.y1 - size.height) / 2)
