"""Compares faces with registered faces: verify (1:1) and search (1:N)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from visavis.core import policy
from visavis.core.compare import Comparer, Probe, Sight
from visavis.core.groups import Groups
from visavis.core.ports import Gallery
from visavis.core.recognition_events import RecognitionEvents
from visavis.errors import GroupMoved
from visavis.identities import App
from visavis.recognition_events import Asked, Recognised, RecognitionKind
from visavis.types import Embedding, FaceRecord, Group, ImageSource, Match, RequestedAttributes, Template

BEYOND_DOUBT = 99.0
"""The highest similarity that anybody decides by: the scale claims nothing above it."""


@dataclass(frozen=True, slots=True)
class Found:
    """The gallery faces that match a probe, best first."""

    model: str
    matches: list[Match]
    probe: Probe
    detail: str = ""
    """Why there was no search: the probe is too poor to be compared. Empty otherwise."""


@dataclass(frozen=True, slots=True)
class Verified:
    """The similarity, 0-100, of a probe and one registered face."""

    similarity: float
    record: FaceRecord
    probe: Probe
    detail: str = ""
    """Why the similarity is 0: the probe is too poor to be compared. Empty otherwise."""


@dataclass(frozen=True, slots=True)
class Search(Comparer):
    """Compares pictures with registered faces. Thresholds and similarities are on the model's 0-100 scale."""

    gallery: Gallery
    groups: Groups
    events: RecognitionEvents

    def by_face_id(self, app: App, group_id: str, face_id: str, limit: int, threshold: float) -> list[Match]:
        """The group's faces that match a registered face, best first, without that face itself.

        Raises GROUP_NOT_FOUND, FACE_NOT_FOUND.
        """
        while True:
            with suppress(GroupMoved):
                group, template = self.groups.require_template(app, group_id, face_id)
                return self.matching(group, template.embedding, limit, threshold, exclude=template)

    def by_image(
        self,
        app: App,
        group_id: str,
        source: ImageSource,
        limit: int,
        threshold: float,
        requested: RequestedAttributes,
        asked: Asked | None = None,
    ) -> Found:
        """The group's faces that match the largest face of a picture.

        With `asked` this is a recognition, which the group may record. Raises GROUP_NOT_FOUND, NO_FACE, image
        errors.
        """

        def find(group: Group) -> Found:
            with self.largest(source, group.model, requested) as (probe, sight):
                poor = policy.incomparable(probe.face, group.settings.min_comparability)
                matches = [] if poor else self.matching_sight(group, sight, limit, threshold)
            if not poor:
                self.events.record_search(group, matches, probe.face.liveness, asked)
            return Found(group.model, matches, probe, poor)

        return self.groups.with_group(app, group_id, find)

    def verify(
        self,
        app: App,
        group_id: str,
        face_id: str,
        source: ImageSource,
        requested: RequestedAttributes,
        asked: Asked | None = None,
    ) -> Verified:
        """The similarity of a registered face and the largest face of a picture.

        With `asked` this is a recognition if the similarity is what the group asks for, as in `by_image`.
        Raises GROUP_NOT_FOUND, FACE_NOT_FOUND, NO_FACE, image errors.
        """

        def verify(group: Group) -> Verified:
            record = self.gallery.require_face(group, face_id)
            template = self.gallery.open_template(group, face_id)
            with self.largest(source, group.model, requested) as (probe, sight):
                poor = policy.incomparable(probe.face, group.settings.min_comparability)
                similarity = 0.0 if poor else self.similarity(sight.embedding(), template, group.model)
            if not poor:
                is_alike = similarity >= group.settings.similarity
                found = Recognised(face_id, similarity) if is_alike else None
                self.events.record(group, RecognitionKind.VERIFICATION, found, probe.face.liveness, asked)
            return Verified(similarity, record, probe, poor)

        return self.groups.with_group(app, group_id, verify)

    def matching_sight(self, group: Group, sight: Sight, limit: int, threshold: float) -> list[Match]:
        """The group's faces that are at least this similar to a face whose picture is still held, best first.

        One view is enough for most searches. The other views are looked at where they might change the outcome:
        where somebody could doubt the best match, where it may be of this very picture, and where any cosine lies
        near the threshold's.
        """
        if not sight.within:
            return self.matching(group, sight.embedding(), limit, threshold)
        scale = self.scale(group.model)
        reach = scale.cosine(threshold)
        first = sight.first_view()
        asked = self.analyzer.as_probe(first, group.model)
        found = self.gallery.search(group, asked, limit, reach - sight.within, None)
        if not found:
            return []
        sure = scale.cosine(max(threshold, BEYOND_DOUBT)) + sight.within
        of_itself = float(asked @ first)
        if not sure <= found[0][1] < of_itself - sight.within or found[-1][1] < reach + sight.within:
            return self.matching(group, sight.embedding(), limit, threshold)
        return self._matches(found, group, threshold)

    def matching(
        self, group: Group, probe: Embedding, limit: int, threshold: float, exclude: Template | None = None
    ) -> list[Match]:
        """The group's faces that are at least this similar to the probe, best first, without `exclude`.

        `probe` has shape (d,). Raises GROUP_NOT_FOUND, and GroupMoved if the probe is not of the group's model.
        """
        # A hair below the threshold's cosine, so that rounding in the inverse never costs a match; the similarity
        # itself then decides.
        reach = self.scale(group.model).cosine(threshold) - 1e-6
        asked = self.analyzer.as_probe(probe, group.model)
        return self._matches(self.gallery.search(group, asked, limit, reach, exclude), group, threshold)

    def _matches(self, found: Sequence[tuple[FaceRecord, float]], group: Group, threshold: float) -> list[Match]:
        scale = self.scale(group.model)
        scored = [Match(record, scale.similarity(cosine)) for record, cosine in found]
        return [match for match in scored if match.similarity >= threshold]
