"""Groups with thresholds of their own for similarity and liveness (the collections of Search Face)."""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass, replace

from visavis.core import images, policy
from visavis.core.compare import Sight
from visavis.core.groups import Groups
from visavis.core.ports import AnyAnalyzer, Gallery, ImageFetcher, Picture
from visavis.core.search import Search
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import App
from visavis.recognition_events import Asked
from visavis.types import (
    DetectedFace,
    FaceRecord,
    Group,
    GroupSettings,
    ImageSource,
    Match,
    NewFace,
    Quality,
    Traits,
)

MAX_MATCHES = 100


@dataclass(frozen=True, slots=True)
class Applied:
    """The settings that were applied, and the liveness found, 0-100; 0 where the group does not check it."""

    settings: GroupSettings
    liveness: float


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The face that was added."""

    record: FaceRecord
    applied: Applied


@dataclass(frozen=True, slots=True)
class Identified:
    """The faces that match, best first."""

    matches: list[Match]
    applied: Applied
    detail: str = ""
    """Why there was no search: the probe is too poor to be compared. Empty otherwise."""


@dataclass(frozen=True, slots=True)
class Collections:
    """Adds and searches one face at a time: the largest of the picture."""

    analyzer: AnyAnalyzer
    gallery: Gallery
    groups: Groups
    fetcher: ImageFetcher
    search: Search
    quota: int
    """Faces a group may have."""

    def add(self, app: App, group_id: str, source: ImageSource, label: str) -> Enrolled:
        """Store the face under a label.

        Raises GROUP_NOT_FOUND, GROUP_DELETED, NO_FACE, FACE_TURNED_AWAY, LOW_QUALITY, NOT_ALIVE,
        FACE_QUOTA_EXCEEDED, image errors.
        """
        group = self.groups.require(app, group_id)
        data = images.load(source, self.fetcher)
        with self.analyzer.decode(data) as picture:
            min_quality = group.settings.min_quality
            face, applied = self._checked(picture, group, Traits(pose=True, quality=min_quality > 0))
            if policy.is_turned_away(face.pose):
                raise ServiceError(ErrorCode.FACE_TURNED_AWAY, "The face is turned more than 45 degrees.")
            if poor := policy.incomparable(face, group.settings.min_comparability):
                raise ServiceError(ErrorCode.TOO_POOR, poor)
            if policy.is_too_poor(face.quality, min_quality):
                raise ServiceError(ErrorCode.LOW_QUALITY, _too_poor(face.quality, min_quality))
            [embedding] = self.analyzer.embed(picture, [face], group.model)
            box = face.box.relative_to(picture.size)
        new = NewFace(str(uuid.uuid4()), str(uuid.uuid4()), label, box, face.detection_score, embedding)
        [record] = self.gallery.add(group, [new], self.quota)
        return Enrolled(record, applied)

    def identify(self, app: App, group_id: str, source: ImageSource, asked: Asked | None = None) -> Identified:
        """Search for the face; with `asked` this is a recognition, which the group may record.

        Raises GROUP_NOT_FOUND, GROUP_DELETED, NO_FACE, NOT_ALIVE, image errors.
        """

        def identify(group: Group) -> Identified:
            data = images.load(source, self.fetcher)
            with self.analyzer.decode(data) as picture:
                face, applied = self._checked(picture, group, Traits())
                if poor := policy.incomparable(face, group.settings.min_comparability):
                    return Identified([], applied, poor)
                sight = Sight(self.analyzer, picture, face, group.model)
                matches = self.search.matching_sight(group, sight, MAX_MATCHES, group.settings.similarity)
            self.search.events.record_search(group, matches, face.liveness, asked)
            return Identified(matches, applied)

        return self.groups.with_group(app, group_id, identify)

    def _checked(self, picture: Picture, group: Group, traits: Traits) -> tuple[DetectedFace, Applied]:
        """The largest face, alive enough for the group, with these traits."""
        settings = group.settings
        face = policy.largest(self.analyzer.find(picture))
        wanted = replace(traits, liveness=settings.liveness, comparability=True)
        [face] = self.analyzer.describe(picture, [face], wanted)
        liveness = face.liveness or 0.0
        if settings.liveness and liveness < settings.liveness_threshold:
            raise ServiceError(
                ErrorCode.NOT_ALIVE,
                f"The liveness of the face is {_rounded_down(liveness)}; "
                f"at least {settings.liveness_threshold:g} is required.",
            )
        return face, Applied(settings, liveness)


def _too_poor(quality: Quality | None, asked_for: float) -> str:
    if quality is None:
        return "The quality of the face could not be measured."
    defect = f", and it is {quality.defect}" if quality.defect else ""
    return (
        f"The quality of the face is {_rounded_down(quality.score)}; at least {asked_for:g} is required{defect}."
    )


def _rounded_down(value: float) -> str:
    """One decimal. Rounded down, so that a value below a threshold never reads as if it reached it."""
    return f"{math.floor(value * 10) / 10:g}"
