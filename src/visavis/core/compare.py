"""Faces of a picture against those of another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from visavis.core import images, policy
from visavis.core.calibration import Calibration
from visavis.core.ports import FaceAnalyzer, ImageFetcher
from visavis.errors import ErrorCode, FaceError
from visavis.types import DetectedFace, Embedding, ImageSize, ImageSource, Want


@dataclass(frozen=True, slots=True)
class Probe:
    """The face that was asked about: the largest of its picture."""

    size: ImageSize
    face: DetectedFace


@dataclass(frozen=True, slots=True)
class Compared:
    """Every face of the target picture with its similarity to the source face, best first."""

    model: str
    probe: Probe
    size: ImageSize
    matched: list[tuple[DetectedFace, float]]
    unmatched: list[tuple[DetectedFace, float]]


@dataclass(frozen=True, slots=True)
class _Seen:
    """A picture after it was looked at: its faces, largest first, and their embeddings, shape (n, d)."""

    size: ImageSize
    faces: list[DetectedFace]
    embeddings: Embedding


@dataclass(frozen=True, slots=True)
class Comparer:
    """Compares pictures; thresholds and similarities are on the calibrated 0-100 scale of the model in use."""

    analyzer: FaceAnalyzer[Any]
    fetcher: ImageFetcher
    calibrations: Mapping[str, Calibration]
    """By the name of the recognition model."""
    model: str
    """The recognition model of comparisons that involve no group."""

    def compare(self, source: ImageSource, target: ImageSource, threshold: float, want: Want) -> Compared:
        """The largest face of `source` against every face of `target`; none in the target is not an error.

        Raises image errors, their subject "Source" or "Target", then NO_FACE (in the source).
        """
        with _about("Source"):
            source_data = images.load(source, self.fetcher)
        with _about("Target"):
            target_data = images.load(target, self.fetcher)
        with _about("Source"):
            seen_source = self._see(source_data, want, faces_wanted=1)
        with _about("Target"):
            seen_target = self._see(target_data, want, faces_wanted=None)
        probe = Probe(seen_source.size, policy.largest(seen_source.faces))
        calibration = self.scale(self.model)
        cosines = seen_target.embeddings @ seen_source.embeddings[0]
        scored = [
            (face, calibration.similarity(float(cosine)))
            for face, cosine in zip(seen_target.faces, cosines, strict=True)
        ]
        scored.sort(key=lambda pair: pair[1], reverse=True)
        return Compared(
            self.model,
            probe,
            seen_target.size,
            matched=[pair for pair in scored if pair[1] >= threshold],
            unmatched=[pair for pair in scored if pair[1] < threshold],
        )

    def probe(self, source: ImageSource, model: str, want: Want) -> tuple[Probe, Embedding]:
        """The largest face of a picture, described, and its embedding, shape (d,). Raises NO_FACE."""
        seen = self._see(images.load(source, self.fetcher), want, faces_wanted=1, model=model)
        return Probe(seen.size, policy.largest(seen.faces)), seen.embeddings[0]

    def _see(self, data: bytes, want: Want, faces_wanted: int | None, model: str | None = None) -> _Seen:
        """The largest faces of a picture, described and embedded; none is not an error."""
        with self.analyzer.decode(data) as picture:
            faces = self.analyzer.find(picture)[:faces_wanted]
            embeddings = self.analyzer.embed(picture, faces, model or self.model)
            described = self.analyzer.describe(picture, faces, want.traits)
            return _Seen(picture.size, policy.judged(described, want.spoof), embeddings)

    def scale(self, model: str) -> Calibration:
        """The scale of a recognition model. Raises INTERNAL if there is none."""
        calibration = self.calibrations.get(model)
        if calibration is None:
            raise FaceError(ErrorCode.INTERNAL, f"The recognition model {model} is missing on this server.")
        return calibration


@contextmanager
def _about(picture: str) -> Iterator[None]:
    """Let errors say which of two pictures they are about."""
    try:
        yield
    except FaceError as error:
        raise FaceError(error.code, f"{picture} image: {error.detail}", subject=picture) from error
