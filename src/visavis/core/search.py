"""Compares faces with registered faces: verify (1:1) and search (1:N)."""

from __future__ import annotations

from dataclasses import dataclass

from visavis.core import policy
from visavis.core.compare import Comparer, Probe
from visavis.core.groups import Groups
from visavis.core.ports import Gallery
from visavis.identities import App
from visavis.types import Embedding, FaceRecord, Group, ImageSource, Match, RequestedAttributes


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

    def by_face_id(self, app: App, group_id: str, face_id: str, limit: int, threshold: float) -> list[Match]:
        """The group's faces that match a registered face, best first, without that face itself.

        Raises GROUP_NOT_FOUND, FACE_NOT_FOUND.
        """

        def find(group: Group) -> list[Match]:
            template = self.gallery.open_template(group, face_id)
            return self.matching(group, template, limit, threshold, exclude=face_id)

        return self.groups.with_group(app, group_id, find)

    def by_image(
        self,
        app: App,
        group_id: str,
        source: ImageSource,
        limit: int,
        threshold: float,
        requested: RequestedAttributes,
    ) -> Found:
        """The group's faces that match the largest face of a picture.

        Raises GROUP_NOT_FOUND, NO_FACE, image errors.
        """

        def find(group: Group) -> Found:
            probe, embedding = self.probe(source, group.model, requested)
            poor = policy.incomparable(probe.face, group.settings.min_comparability)
            matches = [] if poor else self.matching(group, embedding, limit, threshold)
            return Found(group.model, matches, probe, poor)

        return self.groups.with_group(app, group_id, find)

    def verify(
        self, app: App, group_id: str, face_id: str, source: ImageSource, requested: RequestedAttributes
    ) -> Verified:
        """The similarity of a registered face and the largest face of a picture.

        Raises GROUP_NOT_FOUND, FACE_NOT_FOUND, NO_FACE, image errors.
        """

        def verify(group: Group) -> Verified:
            record = self.gallery.require_face(group, face_id)
            template = self.gallery.open_template(group, face_id)
            probe, embedding = self.probe(source, group.model, requested)
            poor = policy.incomparable(probe.face, group.settings.min_comparability)
            similarity = 0.0 if poor else self.similarity(embedding, template, group.model)
            return Verified(similarity, record, probe, poor)

        return self.groups.with_group(app, group_id, verify)

    def matching(
        self, group: Group, probe: Embedding, limit: int, threshold: float, exclude: str | None = None
    ) -> list[Match]:
        """The group's faces that are at least this similar to the probe, best first, without `exclude`.

        `probe` has shape (d,). Raises GROUP_NOT_FOUND, and GroupMoved if the probe is not of the group's model.
        """
        calibration = self.scale(group.model)
        # A hair below the threshold's cosine, so that rounding in the inverse never costs a match; the similarity
        # itself then decides.
        reach = calibration.cosine(threshold) - 1e-6
        asked = self.analyzer.as_probe(probe, group.model)
        found = self.gallery.search(group, asked, limit, reach, exclude)
        scored = [Match(record, calibration.similarity(cosine)) for record, cosine in found]
        return [match for match in scored if match.similarity >= threshold]
