"""Faces in groups: register, list, delete."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from visavis.core import policy
from visavis.core.detection import Detection
from visavis.core.groups import Groups
from visavis.core.paging import Page, page_of
from visavis.core.ports import AnyAnalyzer, Gallery
from visavis.identities import App
from visavis.types import (
    DetectedFace,
    Embedding,
    FaceFilter,
    FaceRecord,
    Group,
    ImageSize,
    ImageSource,
    NewFace,
    Refusal,
    RequestedAttributes,
)


@dataclass(frozen=True, slots=True)
class Added:
    """A face of the picture and the record that was made of it."""

    face: DetectedFace
    record: FaceRecord


@dataclass(frozen=True, slots=True)
class NotAdded:
    """A face of the picture and why there is no record of it."""

    face: DetectedFace
    reason: Refusal


@dataclass(frozen=True, slots=True)
class Registered:
    """What became of each face of a picture."""

    model: str
    size: ImageSize
    added: list[Added]
    not_added: list[NotAdded]

    @property
    def quota_exceeded(self) -> bool:
        """Whether a face was left out only because the group is full (40070)."""
        return any(refused.reason is Refusal.QUOTA for refused in self.not_added)

    @property
    def detail(self) -> str:
        """Why no face, or not every face, was registered, where the sender can do something about it.

        One sentence; empty otherwise.
        """
        if not self.added and not self.not_added:
            return policy.NO_FACE
        if self.quota_exceeded:
            return "The group is full: not every face was registered."
        poor = [refused.face for refused in self.not_added if refused.reason is Refusal.POOR]
        return policy.incomparable(poor[0], 100.0) if poor else ""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The faces of one picture, largest first, before any is stored."""

    size: ImageSize
    faces: list[DetectedFace]
    refusals: list[Refusal | None]
    """For each of `faces`, why it is not registered; None where it is."""
    accepted: list[DetectedFace]
    """The faces that are registered."""
    new: list[NewFace]
    """The records to store, in the order of `accepted`."""


@dataclass(frozen=True, slots=True)
class Introduction:
    """What is said of the person whose faces are registered."""

    name: str = ""
    """Kept with the first face of a person who has no name yet."""
    is_new: bool = False
    """Whether the person must be new to the group: nobody in it has the external image id."""


STRANGER = Introduction()
"""Nothing is said."""


@dataclass(frozen=True, slots=True)
class Faces(Detection):
    """Registers, lists and deletes faces, and detects them. `search.Search` compares them."""

    gallery: Gallery
    groups: Groups
    quota: int
    """Faces a group may have."""

    def register(
        self,
        app: App,
        group_id: str,
        source: ImageSource,
        limit: int,
        external_image_id: str | None,
        requested: RequestedAttributes,
        introduced: Introduction = STRANGER,
    ) -> Registered:
        """Store templates of the largest `limit` faces that look at the camera, as far as the quota allows.

        Faces of less quality or comparability than the group asks for are left out. `introduced` tells of the
        person of the external image id.

        Raises GROUP_NOT_FOUND, FACE_QUOTA_EXCEEDED (not one of the accepted faces fits), PERSON_EXISTS (somebody
        has the id of a new person), image errors.
        """
        group = self.groups.require(app, group_id)
        data = self.load(source)
        found = find_candidates(self.analyzer, group, data, limit, external_image_id, requested)
        new = [replace(face, name=introduced.name) for face in found.new]
        records = self.gallery.add(group, new, self.quota, new_person=introduced.is_new) if new else []
        stored = found.accepted[: len(records)]
        shown = {face: face if requested.pose else replace(face, pose=None) for face in found.faces}
        return Registered(
            group.model,
            found.size,
            added=[Added(shown[face], record) for face, record in zip(stored, records, strict=True)],
            not_added=[
                NotAdded(shown[face], refusal or Refusal.QUOTA)
                for face, refusal in zip(found.faces, found.refusals, strict=True)
                if face not in stored
            ],
        )

    def delete(self, app: App, group_id: str, face_id: str) -> None:
        """Delete one face. Raises GROUP_NOT_FOUND, FACE_NOT_FOUND."""
        self.gallery.delete_face(self.groups.require(app, group_id), face_id)

    def page(self, group: Group, where: FaceFilter, before: int | None, limit: int) -> Page[FaceRecord, int]:
        """A page of a group's faces, newest first, with a `sequence` below `before`."""
        records = self.gallery.list_faces(group, where, before, limit + 1)
        return page_of(records, limit, lambda record: record.sequence)

    def slice(self, group: Group, where: FaceFilter, offset: int, limit: int) -> tuple[list[FaceRecord], int]:
        """Up to `limit` of a group's faces, newest first, after the first `offset`; and how many match in all."""
        records = self.gallery.list_faces(group, where, None, limit, offset)
        return records, self.gallery.count_faces(group, where)


def find_candidates(
    analyzer: AnyAnalyzer,
    group: Group,
    data: bytes,
    limit: int,
    external_image_id: str | None,
    requested: RequestedAttributes,
) -> Candidates:
    """The faces of a picture, and the records that the group would store of them. Raises image errors."""
    with analyzer.decode(data) as picture:
        size = picture.size
        # The pose decides who may be registered, so it is needed even where it is not reported.
        quality = requested.quality or group.settings.min_quality > 0
        traits = replace(requested.traits, pose=True, comparability=True, quality=quality)
        found = analyzer.describe(picture, analyzer.find(picture), traits)
        found = policy.judged(found, requested.spoof)
        refusals = policy.refusals(found, limit, group.settings)
        accepted = [face for face, refusal in zip(found, refusals, strict=True) if refusal is None]
        embeddings = analyzer.embed(picture, accepted, group.model)
    return Candidates(size, found, refusals, accepted, _new_faces(size, accepted, embeddings, external_image_id))


def _new_faces(
    size: ImageSize, faces: Sequence[DetectedFace], embeddings: Embedding, external_image_id: str | None
) -> list[NewFace]:
    image_id = str(uuid.uuid4())
    return [
        NewFace(
            face_id=str(uuid.uuid4()),
            image_id=image_id,
            external_image_id=external_image_id,
            box=face.box.relative_to(size),
            detection_score=face.detection_score,
            embedding=embedding,
        )
        for face, embedding in zip(faces, embeddings, strict=True)
    ]
