"""Persons of groups: who shares an external image id, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from visavis.errors import ErrorCode, ServiceError
from visavis.index.cache import IndexCache
from visavis.storage.audit.journal import Journal
from visavis.storage.database.connection import Database
from visavis.storage.database.schema import faces
from visavis.storage.gallery import event_rows, face_rows, group_rows, person_rows
from visavis.storage.gallery.face_rows import DeletedFaces
from visavis.storage.gallery.gallery import existing, kept, record_deletions
from visavis.storage.gallery.group_rows import GroupState
from visavis.storage.gallery.locks import KeyedLock
from visavis.storage.keys.ring import KeyRing
from visavis.types import FaceFilter, Group, Person


class StoredPersons:
    """Implements core's `PersonStore`."""

    def __init__(
        self, database: Database, keys: KeyRing, index_cache: IndexCache, journal: Journal, writers: KeyedLock
    ) -> None:
        """`writers` is the lock that the gallery holds while it changes a group."""
        self._database = database
        self._proofs = keys.proofs
        self._index_cache = index_cache
        self._journal = journal
        self._writers = writers

    def list_persons(self, group: Group, wanted: str, limit: int, offset: int = 0) -> list[Person]:
        with self._database.read() as connection:
            existing(group_rows.group_version(connection, group.id))
            ids = person_rows.list_ids(connection, group.id, kept(group, FaceFilter()), wanted, limit, offset)
            return self._persons(connection, group, ids)

    def count_persons(self, group: Group, wanted: str) -> int:
        with self._database.read() as connection:
            existing(group_rows.group_version(connection, group.id))
            return person_rows.count_ids(connection, group.id, kept(group, FaceFilter()), wanted)

    def find_persons(self, group: Group, ids: Sequence[str]) -> list[Person]:
        with self._database.read() as connection:
            existing(group_rows.group_version(connection, group.id))
            return self._persons(connection, group, ids)

    def persons_named(self, group: Group, name: str) -> list[Person]:
        with self._database.read() as connection:
            ids = person_rows.ids_named(connection, self._proofs, group.id, name)
            return self._persons(connection, group, ids)

    def names_of(self, group: Group, ids: Sequence[str]) -> dict[str, str]:
        with self._database.read() as connection:
            return person_rows.names_of(connection, self._proofs, group.id, ids)

    def ids_of_faces(self, group: Group, face_ids: Sequence[str]) -> dict[str, str]:
        with self._database.read() as connection:
            where = kept(group, FaceFilter())
            records = face_rows.faces_of(connection, self._proofs, group.id, where, face_ids, faces.c.face_id)
            return {each.face_id: each.external_image_id for each in records if each.external_image_id is not None}

    def faces_of(self, wanted: str, app_id: int | None = None, group: str | None = None) -> list[str]:
        found: list[str] = []
        with self._database.read() as connection:
            for key in person_rows.groups_with(connection, wanted, app_id, group):
                ids = {wanted, *person_rows.ids_named(connection, self._proofs, key, wanted)}
                records = face_rows.faces_of(connection, self._proofs, key, FaceFilter(), sorted(ids))
                found += [record.face_id for record in records]
        return found

    def set_name(self, group: Group, person_id: str, name: str) -> None:
        with self._writers.hold(group.id), self._database.write() as connection:
            existing(group_rows.lock_group(connection, self._proofs, group.id))
            faces = face_rows.faces_of(connection, self._proofs, group.id, FaceFilter(), [person_id])
            if not faces:
                raise person_not_found()
            person_rows.set_name(connection, self._proofs, group.id, person_id, name)
            self._record(connection, "name_person", group, [face.face_id for face in faces])

    def move_person(
        self, group: Group, person_id: str, new_id: str, *, merge: bool, name: str | None = None
    ) -> None:
        with self._writers.hold(group.id), self._database.write() as connection:
            state = existing(group_rows.lock_group(connection, self._proofs, group.id))
            taken = person_rows.has_face(connection, group.id, new_id)
            if taken and not merge:
                raise person_rows.person_exists()
            count = face_rows.count_faces(connection, group.id, FaceFilter(external_image_id=person_id))
            if not count:
                raise person_not_found()
            # The faces leave, and come again as others: whoever follows the group sees both.
            moved, come = face_rows.move_faces(
                connection, self._proofs, group.id, state.version + count, person_id, new_id
            )
            if name is None:
                self._take_names_along(connection, group, person_id, new_id)
            else:
                person_rows.set_name(connection, self._proofs, group.id, new_id, name)
            event_rows.move(connection, self._proofs, group.id, person_id, new_id)
            after = record_deletions(connection, self._proofs, group.id, state, moved)
            group_rows.set_group_state(connection, self._proofs, group.id, after.with_added(count, come))
            self._record(connection, "move_person", group, list(moved.ids.values()))
        self._forget(group, state, moved)

    def delete_person(self, group: Group, person_id: str) -> int:
        with self._writers.hold(group.id), self._database.write() as connection:
            state = existing(group_rows.lock_group(connection, self._proofs, group.id))
            deleted = face_rows.delete_faces_of(connection, self._proofs, group.id, person_id)
            if not deleted.ids:
                raise person_not_found()
            record_deletions(connection, self._proofs, group.id, state, deleted)
            self._record(connection, "delete_person", group, list(deleted.ids.values()))
        self._forget(group, state, deleted)
        return len(deleted.ids)

    def _persons(self, connection: Connection, group: Group, ids: Sequence[str]) -> list[Person]:
        """The persons of these ids who have a face, in that order."""
        records = face_rows.faces_of(connection, self._proofs, group.id, kept(group, FaceFilter()), ids)
        names = person_rows.names_of(connection, self._proofs, group.id, ids)
        times: dict[str | None, list[datetime]] = {}
        for record in records:
            times.setdefault(record.external_image_id, []).append(record.created_at)
        return [
            Person(each, names.get(each, ""), len(times[each]), max(times[each])) for each in ids if each in times
        ]

    def _take_names_along(self, connection: Connection, group: Group, person_id: str, new_id: str) -> None:
        """A name goes with the faces, unless the person whom they come to has one."""
        names = person_rows.names_of(connection, self._proofs, group.id, [person_id, new_id])
        if person_id in names and new_id not in names:
            person_rows.set_name(connection, self._proofs, group.id, new_id, names[person_id])

    def _record(self, connection: Connection, operation: str, group: Group, faces: Sequence[str]) -> None:
        """Faces stand for the person: neither ids nor names of people get into the log."""
        self._journal.record(connection, operation, app_id=group.app_id, group=group.name, faces=tuple(faces))

    def _forget(self, group: Group, state: GroupState, deleted: DeletedFaces) -> None:
        self._index_cache.remove(replace(group, model=state.model), deleted.ids)
        self._database.purge_deleted()


def person_not_found() -> ServiceError:
    return ServiceError(ErrorCode.PERSON_NOT_FOUND, "There is no person with this id in the group.")
