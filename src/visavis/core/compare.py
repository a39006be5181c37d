"""Compares the faces of two pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from visavis.core import images, policy
from visavis.core.calibration import Calibration
from visavis.core.ports import AnyAnalyzer, ImageFetcher, Picture
from visavis.errors import ErrorCode, ServiceError
from visavis.types import COMPARABLE, DetectedFace, Embedding, ImageSize, ImageSource, RequestedAttributes


@dataclass(frozen=True, slots=True)
class Probe:
    """The face that was asked about: the largest of its picture."""

    size: ImageSize
    face: DetectedFace


@dataclass(frozen=True, slots=True)
class Sight:
    """A face in a picture that is still held: it can be embedded at once, and again with more care."""

    analyzer: AnyAnalyzer
    picture: Picture
    face: DetectedFace
    model: str

    @property
    def within(self) -> float:
        """By how much a cosine of `first_view` may differ from that of `embedding`; 0: do not use it."""
        return self.analyzer.first_view_within(self.model)

    def first_view(self) -> Embedding:
        """Shape (d,), from one view of the face."""
        [embedding] = self.analyzer.embed_first_view(self.picture, [self.face], self.model)
        return np.asarray(embedding)

    def embedding(self) -> Embedding:
        """Shape (d,), from all views of the face."""
        [embedding] = self.analyzer.embed(self.picture, [self.face], self.model)
        return np.asarray(embedding)


@dataclass(frozen=True, slots=True)
class Compared:
    """Every face of the target picture with its similarity to the source face, best first."""

    model: str
    probe: Probe
    size: ImageSize
    matched: list[tuple[DetectedFace, float]]
    unmatched: list[tuple[DetectedFace, float]]
    detail: str = ""
    """Which face is missing or too poor to be compared, in a sentence; empty if none is."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Every face of the source picture with every face of the target picture, largest first in both."""

    model: str
    source_size: ImageSize
    source_faces: list[DetectedFace]
    target_size: ImageSize
    target_faces: list[DetectedFace]
    similarities: list[list[float]]
    """0-100: one row for each source face, with one number for each target face. 0 if either is too poor."""

    @property
    def detail(self) -> str:
        """Why the largest faces of the two pictures are not compared, in a sentence; empty if they are."""
        return _flaw("Source", self.source_faces[:1]) or _flaw("Target", self.target_faces[:1])

    def of_largest(self, threshold: float) -> Compared:
        """The comparison of the largest source face alone. Raises NO_FACE with the subject "Source"."""
        with about("Source"):
            probe = Probe(self.source_size, policy.largest(self.source_faces))
        scored = list(zip(self.target_faces, self.similarities[0], strict=True))
        scored.sort(key=lambda pair: pair[1], reverse=True)
        return Compared(
            self.model,
            probe,
            self.target_size,
            matched=[pair for pair in scored if pair[1] >= threshold],
            unmatched=[pair for pair in scored if pair[1] < threshold],
            detail=_flaw("Source", [probe.face]) or _flaw("Target", self.target_faces),
        )


@dataclass(frozen=True, slots=True)
class _Analysed:
    """Described faces of a picture, largest first, and their embeddings, shape (n, d)."""

    size: ImageSize
    faces: list[DetectedFace]
    embeddings: Embedding


_EmbeddedFace: TypeAlias = tuple[DetectedFace, Embedding]
"""A face and its embedding, shape (d,)."""

_LARGEST, _OTHERS, _ALL = slice(1), slice(1, None), slice(None)


@dataclass(frozen=True, slots=True)
class Comparer:
    """Compares pictures; thresholds and similarities are on the calibrated 0-100 scale of the model in use."""

    analyzer: AnyAnalyzer
    fetcher: ImageFetcher
    calibrations: Mapping[str, Calibration]
    """By the name of the recognition model."""
    model: str
    """The recognition model of comparisons that involve no group."""

    def compare(
        self, source: ImageSource, target: ImageSource, threshold: float, requested: RequestedAttributes
    ) -> Compared:
        """The largest face of `source` against every face of `target`; none in the target is not an error.

        Raises image errors, and NO_FACE if the source has none. Their subject is "Source" or "Target".
        """
        return self._pairs(source, target, requested, _LARGEST).of_largest(threshold)

    def pairs(self, source: ImageSource, target: ImageSource, requested: RequestedAttributes) -> Pairs:
        """Every face of `source` against every face of `target`; there may be none in either.

        The largest source face is embedded apart from the others, as in `compare`, so that its numbers are the
        same to the last digit. Raises image errors with the subject "Source" or "Target".
        """
        return self._pairs(source, target, requested, _LARGEST, _OTHERS)

    def _pairs(
        self, source: ImageSource, target: ImageSource, requested: RequestedAttributes, *batches: slice
    ) -> Pairs:
        with about("Source"):
            source_data = images.load(source, self.fetcher)
        with about("Target"):
            target_data = images.load(target, self.fetcher)
        with about("Source"):
            found = self._analyse(source_data, requested, *batches)
        with about("Target"):
            [in_target] = self._analyse(target_data, requested, _ALL)
        sources = [pair for batch in found for pair in zip(batch.faces, batch.embeddings, strict=True)]
        targets = list(zip(in_target.faces, in_target.embeddings, strict=True))
        return Pairs(
            self.model,
            found[0].size,
            [face for face, _ in sources],
            in_target.size,
            in_target.faces,
            [[self._similarity(source, target) for target in targets] for source in sources],
        )

    def _similarity(self, one: _EmbeddedFace, other: _EmbeddedFace) -> float:
        if not all(policy.is_comparable(face, COMPARABLE) for face, _ in (one, other)):
            return 0.0
        return self.similarity(one[1], other[1], self.model)

    def similarity(self, probe: Embedding, stored: Embedding, model: str) -> float:
        """Similarity, 0-100, of two faces by their embeddings, shape (d,) each."""
        return self.scale(model).similarity(float(self.analyzer.as_probe(probe, model) @ stored))

    @contextmanager
    def largest(
        self, source: ImageSource, model: str, requested: RequestedAttributes
    ) -> Iterator[tuple[Probe, Sight]]:
        """The largest face of a picture, described, and the sight of it, within the block. Raises NO_FACE."""
        with self.analyzer.decode(images.load(source, self.fetcher)) as picture:
            found = policy.largest(self.analyzer.find(picture))
            [face] = self._described(picture, [found], requested)
            yield Probe(picture.size, face), Sight(self.analyzer, picture, face, model)

    def _analyse(self, data: bytes, requested: RequestedAttributes, *batches: slice) -> list[_Analysed]:
        """Faces of a picture, described and embedded a batch at a time; none is not an error."""
        with self.analyzer.decode(data) as picture:
            found = self.analyzer.find(picture)
            analysed = []
            for faces in (found[batch] for batch in batches):
                embeddings = self.analyzer.embed(picture, faces, self.model)
                described = self._described(picture, faces, requested)
                analysed.append(_Analysed(picture.size, described, embeddings))
            return analysed

    def _described(
        self, picture: Picture, faces: Sequence[DetectedFace], requested: RequestedAttributes
    ) -> list[DetectedFace]:
        traits = replace(requested.traits, comparability=True)
        return policy.judged(self.analyzer.describe(picture, faces, traits), requested.spoof)

    def scale(self, model: str) -> Calibration:
        """The scale of a recognition model. Raises INTERNAL if there is none."""
        calibration = self.calibrations.get(model)
        if calibration is None:
            raise ServiceError(ErrorCode.INTERNAL, f"The recognition model {model} is missing on this server.")
        return calibration


def _flaw(picture: str, faces: Sequence[DetectedFace]) -> str:
    """That the picture, "Source" or "Target", has no face, or why its first poor face cannot be compared."""
    if not faces:
        return f"{picture} image: {policy.NO_FACE}"
    poor = [detail for face in faces if (detail := policy.incomparable(face, COMPARABLE))]
    return f"{picture} image: {poor[0]}" if poor else ""


@contextmanager
def about(picture: str) -> Iterator[None]:
    """Name the picture, "Source" or "Target", in the errors of the block."""
    try:
        yield
    except ServiceError as error:
        raise ServiceError(error.code, f"{picture} image: {error.detail}", subject=picture) from error
