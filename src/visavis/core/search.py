"""Faces against faces: compare, verify (1:1), search (1:N)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from visavis.core import images, policy
from visavis.core.calibration import Calibration
from visavis.core.groups import Groups
from visavis.core.ports import FaceAnalyzer, Gallery, ImageFetcher
from visavis.errors import ErrorCode, FaceError
from visavis.types import (
    App,
    DetectedFace,
    Embedding,
    FaceRecord,
    Group,
    ImageSize,
    ImageSource,
    Match,
    Want,
)


@dataclass(frozen=True, slots=True)
class Probe:
    """The face that was asked about: the largest of its picture."""

    size: ImageSize
    face: DetectedFace


@dataclass(frozen=True, slots=True)
class Found:
    """The gallery faces that match a probe, best first."""

    model: str
    matches: list[Match]
    probe: Probe


@dataclass(frozen=True, slots=True)
class Compared:
    """Every face of the target picture with its similarity to the source face, best first."""

    model: str
    probe: Probe
    size: ImageSize
    matched: list[tuple[DetectedFace, float]]
    unmatched: list[tuple[DetectedFace, float]]


@dataclass(frozen=True, slots=True)
class Verified:
    """How much a probe resembles one registered face."""

    similarity: float
    record: FaceRecord
    probe: Probe


@dataclass(frozen=True, slots=True)
class _Seen:
    """A picture after it was looked at: its faces, largest first, and their embeddings, shape (n, d)."""

    size: ImageSize
    faces: list[DetectedFace]
    embeddings: Embedding


@dataclass(frozen=True, slots=True)
class Search:
    """Compares faces; thresholds and similarities are on the calibrated 0-100 scale of the model in use."""

    analyzer: FaceAnalyzer[Any]
    gallery: Gallery
    groups: Groups
    fetcher: ImageFetcher
    calibrations: Mapping[str, Calibration]
    """By the name of the recognition model."""
    model: str
    """The recognition model of comparisons that involve no group."""

    def by_face_id(self, app: App, group_id: str, face_id: str, limit: int, threshold: float) -> list[Match]:
        """The group's faces that match a registered one, without that one itself.

        Raises GROUP_NOT_FOUND, FACE_NOT_FOUND.
        """
        group = self.groups.require(app, group_id)
        template = self.gallery.open_template(group, face_id)
        return self.matching(group, template, limit, threshold, exclude=face_id)

    def by_image(
        self, app: App, group_id: str, source: ImageSource, limit: int, threshold: float, want: Want
    ) -> Found:
        """The group's faces that match the largest face of a picture.

        Raises GROUP_NOT_FOUND, NO_FACE, image errors.
        """
        group = self.groups.require(app, group_id)
        probe, embedding = self._probe(source, group.model, want)
        return Found(group.model, self.matching(group, embedding, limit, threshold), probe)

    def verify(self, app: App, group_id: str, face_id: str, source: ImageSource, want: Want) -> Verified:
        """The similarity of a registered face and the largest face of a picture.

        Raises GROUP_NOT_FOUND, FACE_NOT_FOUND, NO_FACE, image errors.
        """
        group = self.groups.require(app, group_id)
        record = self.gallery.require_face(group, face_id)
        template = self.gallery.open_template(group, face_id)
        probe, embedding = self._probe(source, group.model, want)
        similarity = self._scale(group.model).similarity(float(embedding @ template))
        return Verified(similarity, record, probe)

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
        calibration = self._scale(self.model)
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

    def _probe(self, source: ImageSource, model: str, want: Want) -> tuple[Probe, Embedding]:
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

    def _scale(self, model: str) -> Calibration:
        """The scale of a recognition model. Raises INTERNAL if there is none."""
        calibration = self.calibrations.get(model)
        if calibration is None:
            raise FaceError(ErrorCode.INTERNAL, f"The recognition model {model} is missing on this server.")
        return calibration

    def matching(
        self, group: Group, probe: Embedding, limit: int, threshold: float, exclude: str | None = None
    ) -> list[Match]:
        """The group's faces that are at least this similar to the probe, best first, but not `exclude`."""
        calibration = self._scale(group.model)
        # A hair below the threshold's cosine, so that rounding in the inverse never costs a match; the similarity
        # itself then decides.
        reach = calibration.cosine(threshold) - 1e-6
        found = self.gallery.search(group, probe, limit, reach, exclude)
        scored = [Match(record, calibration.similarity(cosine)) for record, cosine in found]
        return [match for match in scored if match.similarity >= threshold]


@contextmanager
def _about(picture: str) -> Iterator[None]:
    """Let errors say which of two pictures they are about."""
    try:
        yield
    except FaceError as error:
        raise FaceError(error.code, f"{picture} image: {error.detail}", subject=picture) from error
