"""Persons in memory, over the faces of a fake gallery."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.fakes.gallery import FakeGallery
from visavis.errors import ErrorCode, ServiceError
from visavis.types import FaceFilter, FaceRecord, Group, Person

_ALL = 1 << 30


@dataclass
class FakePersonStore:
    """Its persons are those of a gallery."""

    gallery: FakeGallery

    def list_persons(self, group: Group, wanted: str, limit: int, offset: int = 0) -> list[Person]:
        return self._found(group, wanted)[offset : offset + limit]

    def count_persons(self, group: Group, wanted: str) -> int:
        return len(self._found(group, wanted))

    def find_persons(self, group: Group, ids: Sequence[str]) -> list[Person]:
        return [self._person(group, each) for each in ids if self._faces(group, each)]

    def persons_named(self, group: Group, name: str) -> list[Person]:
        return [person for person in self._found(group, "") if person.name == name]

    def names_of(self, group: Group, ids: Sequence[str]) -> dict[str, str]:
        return {person.id: person.name for person in self.find_persons(group, ids) if person.name}

    def ids_of_faces(self, group: Group, face_ids: Sequence[str]) -> dict[str, str]:
        faces = self.gallery.list_faces(group, FaceFilter(), None, _ALL)
        return {
            face.face_id: face.external_image_id
            for face in faces
            if face.face_id in face_ids and face.external_image_id is not None
        }

    def faces_of(self, wanted: str, app_id: int | None = None, group: str | None = None) -> list[str]:
        return [
            face.face_id
            for each, faces in self.gallery.everything()
            if app_id in {None, each.app_id} and group in {None, each.name}
            for face in faces
            if wanted in {face.external_image_id, self.gallery.names.get((each.id, face.external_image_id or ""))}
        ]

    def set_name(self, group: Group, person_id: str, name: str) -> None:
        faces = self._require(group, person_id)
        self.gallery.names[group.id, person_id] = name
        self.gallery.note("name_person", group, [face.face_id for face in reversed(faces)])

    def move_person(
        self, group: Group, person_id: str, new_id: str, *, merge: bool, name: str | None = None
    ) -> None:
        if self._faces(group, new_id) and not merge:
            raise ServiceError(ErrorCode.PERSON_EXISTS, "Another person in the group has this id.")
        faces = self._require(group, person_id)
        old_name = self.gallery.names.pop((group.id, person_id), "")
        if name is not None or not self.names_of(group, [new_id]):
            self.gallery.names[group.id, new_id] = old_name if name is None else name
        self.gallery.move(group, [face.face_id for face in faces], new_id)
        ids = [face.face_id for face in reversed(faces)]
        self.gallery.note("move_person", group, ids)

    def delete_person(self, group: Group, person_id: str) -> int:
        faces = self._require(group, person_id)
        ids = [face.face_id for face in reversed(faces)]
        self.gallery.drop(group, ids)
        self.gallery.note("delete_person", group, ids)
        return len(faces)

    def _found(self, group: Group, wanted: str) -> list[Person]:
        faces = self.gallery.list_faces(group, FaceFilter(), None, _ALL)
        ids = sorted({face.external_image_id for face in faces if face.external_image_id is not None})
        persons = [self._person(group, each) for each in ids]
        part = wanted.lower()
        return [person for person in persons if part in person.id.lower() or part in person.name.lower()]

    def _person(self, group: Group, person_id: str) -> Person:
        faces = self._faces(group, person_id)
        name = self.gallery.names.get((group.id, person_id), "")
        return Person(person_id, name, len(faces), max(face.created_at for face in faces))

    def _require(self, group: Group, person_id: str) -> list[FaceRecord]:
        faces = self._faces(group, person_id)
        if not faces:
            raise ServiceError(ErrorCode.PERSON_NOT_FOUND, "There is no person with this id in the group.")
        return faces

    def _faces(self, group: Group, person_id: str) -> list[FaceRecord]:
        return self.gallery.list_faces(group, FaceFilter(external_image_id=person_id), None, _ALL)
