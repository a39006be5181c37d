"""Finds, describes and embeds the faces of a corpus, with the analyzer of the server."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from visavis.core.policy import is_comparable, is_too_poor
from visavis.errors import ErrorCode, ServiceError
from visavis.types import Box, DetectedFace, Embedding, GroupSettings, ImageSize, Traits
from visavis.vision.analyzer import Analyzer
from visavis.vision.decode import DecodedPicture

T = TypeVar("T")


class UnreadableError(Exception):
    """A file cannot be read as a picture, for this reason."""


class Which(StrEnum):
    """Which face of a picture is measured if there are several."""

    LARGEST = "largest"
    """The face that the server uses for a search, a verification or a comparison."""
    CENTRAL = "central"
    """The face nearest the centre, which is the subject in data sets such as LFW."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The result for one picture (a biometric sample)."""

    file: Path
    face: DetectedFace | None = None
    """The measured face; None if none was found."""
    embedding: Embedding | None = None
    """Shape (d,); None if it was not requested, or there is no face."""
    probe: Embedding | None = None
    """The embedding as a probe, if it differs from the stored embedding."""
    unreadable: str | None = None
    """Why the file could not be read as a picture, in a sentence."""


@dataclass(frozen=True, slots=True)
class CorpusEmbedder:
    """Measures one face of each picture, several pictures at the same time."""

    analyzer: Analyzer
    threads: int
    traits: Traits
    """The traits to compute for each face."""
    model: str | None = None
    """The recognition model for embeddings; None for no embeddings."""
    which: Which = Which.LARGEST

    def measure(self, files: Sequence[Path], advance: Callable[[], None]) -> list[Sample]:
        """One sample for each file, in order; `advance` is called after each. Unreadable files are not errors."""
        return in_parallel(self._measure, files, self.threads, advance)

    def _measure(self, file: Path) -> Sample:
        try:
            seen = see_one_face(self.analyzer, file, self.which, self._see)
        except UnreadableError as error:
            return Sample(file, unreadable=str(error))
        return Sample(file) if seen is None else Sample(file, *seen)

    def _see(
        self, picture: DecodedPicture, face: DetectedFace
    ) -> tuple[DetectedFace, Embedding | None, Embedding | None]:
        [described] = self.analyzer.describe(picture, [face], self.traits)
        if self.model is None:
            return described, None, None
        [embedding] = self.analyzer.embed(picture, [face], self.model)
        return described, embedding, self.analyzer.as_probe(embedding, self.model)


def in_parallel(
    measure: Callable[[Path], T], files: Sequence[Path], threads: int, advance: Callable[[], None]
) -> list[T]:
    """The results of `measure` for the files, in order; `advance` is called after each."""
    samples = []
    with ThreadPoolExecutor(threads) as pool:
        for seen in pool.map(measure, files):
            samples.append(seen)
            advance()
    return samples


def see_one_face(
    analyzer: Analyzer, file: Path, which: Which, see: Callable[[DecodedPicture, DetectedFace], T]
) -> T | None:
    """Call `see` with a picture and its measured face, and return the result; None if there is no face.

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


def counts(samples: Sequence[Sample]) -> dict[str, int]:
    """Counts of pictures with a face, of pictures without, and of unreadable files."""
    faces = sum(sample.face is not None for sample in samples)
    unreadable = sum(sample.unreadable is not None for sample in samples)
    return {"faces": faces, "missed": len(samples) - faces - unreadable, "unreadable": unreadable}


def is_refused(face: DetectedFace, asked: GroupSettings) -> bool:
    """Whether a group with these settings would refuse to compare this face.

    Every measurement uses this function.
    """
    return is_too_poor(face.quality, asked.min_quality) or not is_comparable(face, asked.min_comparability)


def meant(faces: Sequence[DetectedFace], which: Which, size: ImageSize) -> DetectedFace | None:
    """The face that is measured, out of the faces of a picture, largest first; None if there is none."""
    if not faces:
        return None
    return faces[0] if which is Which.LARGEST else central(faces, size)


def central(faces: Sequence[DetectedFace], size: ImageSize) -> DetectedFace:
    """The face nearest the centre of a picture of this size."""
    return min(faces, key=lambda face: _off_centre(face.box, size))


def _off_centre(box: Box, size: ImageSize) -> float:
    """Distance, in pixels, of the centres of picture and box."""
    return math.hypot((box.x0 + box.x1 - size.width) / 2, (box.y0 + box.y1 - size.height) / 2)
