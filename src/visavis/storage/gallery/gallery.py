"""Groups and their faces: records, cipher and index as one unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

import numpy as np
from sqlalchemy import Connection

from visavis.errors import ErrorCode, GroupMoved, ServiceError
from visavis.identities import App
from visavis.index.cache import IndexCache
from visavis.spans import Instrumentation, Span, uninstrumented
from visavis.storage.audit.journal import Journal
from visavis.storage.database.connection import Database
from visavis.storage.gallery import deletion_rows, event_rows, face_rows, group_rows, look_ups, person_rows
from visavis.storage.gallery.face_rows import DeletedFaces
from visavis.storage.gallery.group_rows import GroupState, group_not_found
from visavis.storage.gallery.locks import KeyedLock
from visavis.storage.gallery.model_change import Conversions, move_group, no_conversions
from visavis.storage.keys.cipher import GroupCipher, binding_of
from visavis.storage.keys.ring import KeyRing
from visavis.storage.keys.wiping import wipe
from visavis.storage.proof.alteration import altered
from visavis.storage.proof.record_sets import GROUPS
from visavis.storage.proof.records import Proofs
from visavis.types import Embedding, FaceFilter, FaceRecord, Group, NewFace, Template

T = TypeVar("T")

DELETIONS_KEPT = 10_000
"""How many versions back the deletions of a group are recorded. An index that is further behind starts over."""

READ_IN_FOR_ONE = 20_000
"""Faces. A group that is not in memory and has more is not held against its set when one face is verified."""


class SealedGallery:
    """Implements core's `Gallery`.

    Each face that is added or deleted raises the version of its group by one, in the same transaction. A search
    reads the version first and brings the index up to it, so it sees all changes that were acknowledged before, by
    any process.
    """

    def __init__(
        self,
        database: Database,
        keys: KeyRing,
        index_cache: IndexCache,
        journal: Journal,
        conversions: Conversions = no_conversions,
        instrument: Instrumentation = uninstrumented,
    ) -> None:
        self._database = database
        self._journal = journal
        self._keys = keys
        self._proofs = keys.proofs
        self._index_cache = index_cache
        self.writers = KeyedLock()
        """Held for a group while it is changed."""
        self._conversions = conversions
        self._instrument = instrument

    def create_group(self, app: App, name: str, model: str, quota: int) -> Group:
        with self._database.write() as connection:
            claim_group(connection, self._proofs, app, name, quota)
            wrapped_key = self._keys.new_wrapped_key(connection, app.id, name, model)
            group = group_rows.insert_group(connection, self._proofs, app.id, name, model, wrapped_key)
            wipe([wrapped_key.wrapped])
            self._journal.record(connection, "create_group", app_id=app.id, app=app.name, group=name)
            return group

    def list_groups(self, app: App, after: str | None, limit: int) -> list[Group]:
        known = group_rows.known_groups(self._database, self._proofs, app.id, limit) if after is None else None
        if known is not None:
            return known
        with self._database.read() as connection:
            return group_rows.list_groups(connection, self._proofs, app.id, after, limit)

    def models_in_use(self) -> dict[str, int]:
        """The number of groups of each recognition model, over all apps."""
        with self._database.read() as connection:
            return group_rows.models_in_use(connection)

    def require_group(self, app: App, name: str) -> Group:
        known = group_rows.known_group(self._database, self._proofs, app.id, name)
        if known is not None:
            return known
        with self._database.read() as connection:
            group = group_rows.read_group(connection, self._proofs, app.id, name)
            if group is None and group_rows.has_tombstone(connection, app.id, name):
                raise ServiceError(ErrorCode.GROUP_DELETED, "The group with this id has been deleted.")
            return existing(group)

    def change_settings(self, group: Group, changes: Mapping[str, object]) -> Group:
        with self._database.write() as connection:
            changed = existing(group_rows.set_settings(connection, self._proofs, group.id, changes))
            if changes:
                detail = ", ".join(f"{name}: {value}" for name, value in sorted(changes.items()))
                self._journal.record(
                    connection, "change_group", app_id=group.app_id, group=group.name, detail=detail
                )
            return changed

    def change_model(self, group: Group, model: str, progress: Callable[[int], None]) -> Group:
        with self.writers.hold(group.id), self._database.write() as connection:
            state = existing(group_rows.lock_group(connection, self._proofs, group.id))
            if state.model == model:
                return replace(group, model=model, face_count=state.face_count)
            convert = self._conversions(state.model, model)
            moved = move_group(connection, self._keys, group, state, model, convert, progress)
            detail = f"from {state.model} to {model}"
            self._journal.record(connection, "upgrade_group", app_id=group.app_id, group=group.name, detail=detail)
        self._index_cache.evict(group.id)
        self._database.purge_deleted()
        return moved

    def groups_with_retention(self) -> list[Group]:
        with self._database.read() as connection:
            return group_rows.groups_with_retention(connection, self._proofs)

    def delete_group(self, group: Group) -> None:
        with self.writers.hold(group.id), self._database.write() as connection:
            count = group_rows.lock_app(connection, group.app_id)
            if count is None or not group_rows.delete_group(connection, self._proofs, group.id):
                raise group_not_found()
            group_rows.set_group_count(connection, group.app_id, count - 1)
            group_rows.insert_tombstone(connection, self._proofs, group.app_id, group.name)
            self._journal.record(connection, "delete_group", app_id=group.app_id, group=group.name)
        self._index_cache.evict(group.id)
        self._database.purge_deleted()

    def add(
        self, group: Group, faces: Sequence[NewFace], quota: int, *, new_person: bool = False
    ) -> list[FaceRecord]:
        with self.writers.hold(group.id), self._database.write() as connection:
            state = existing(group_rows.lock_group(connection, self._proofs, group.id))
            fitting = faces[: max(quota - state.face_count, 0)]
            if faces and not fitting:
                raise ServiceError(
                    ErrorCode.FACE_QUOTA_EXCEEDED, f"The group has {state.face_count} faces; the limit is {quota}."
                )
            if new_person:
                ids = {face.external_image_id for face in faces}
                person_rows.require_free(connection, group.id, kept(group, FaceFilter()), ids)
            return self._insert(connection, group, state, fitting)

    def add_unless_there(
        self, group: Group, faces: Sequence[NewFace], quota: int
    ) -> tuple[list[FaceRecord], set[bytes]]:
        with self.writers.hold(group.id), self._database.write() as connection:
            state = existing(group_rows.lock_group(connection, self._proofs, group.id))
            asked = [face.fingerprint for face in faces if face.fingerprint is not None]
            present = face_rows.existing_fingerprints(connection, group.id, kept(group, FaceFilter()), asked)
            fresh = [face for face in faces if face.fingerprint not in present]
            room = max(quota - state.face_count, 0)
            while 0 < room < len(fresh) and fresh[room - 1].fingerprint == fresh[room].fingerprint:
                room -= 1
            return self._insert(connection, group, state, fresh[:room]), present

    def _insert(
        self, connection: Connection, group: Group, state: GroupState, faces: Sequence[NewFace]
    ) -> list[FaceRecord]:
        """Encrypt and store faces, and update the group's version and count."""
        cipher, embeddings = self._cipher(group, state), self._embeddings(group, state, faces)
        templates = [cipher.seal(face.face_id, row) for face, row in zip(faces, embeddings, strict=True)]
        stored, total = face_rows.insert_faces(connection, self._proofs, group.id, state.version, faces, templates)
        wipe(templates)
        group_rows.set_group_state(connection, self._proofs, group.id, state.with_added(len(stored), total))
        if stored:
            person_rows.name_new(connection, self._proofs, group.id, faces)
            added_ids = [record.face_id for record in stored]
            self._journal.record(connection, "register", app_id=group.app_id, group=group.name, faces=added_ids)
        return stored

    def _cipher(self, group: Group, state: GroupState) -> GroupCipher:
        return self._keys.group_cipher(state.wrapped_key, binding_of(group, state.model))

    def _embeddings(self, group: Group, state: GroupState, faces: Sequence[NewFace]) -> Sequence[Embedding]:
        """The embeddings of faces, converted from `group.model` to the model that the group has now."""
        embeddings = [face.embedding for face in faces]
        if not faces or state.model == group.model:
            return embeddings
        return list(self._conversions(group.model, state.model)(np.stack(embeddings)))

    def fingerprinter(self, group: Group) -> Callable[[bytes], bytes]:
        with self._database.read() as connection:
            state = existing(group_rows.group_state(connection, self._proofs, group.id))
        return self._cipher(group, state).fingerprint

    def fingerprints(self, group: Group) -> set[bytes]:
        with self._database.read() as connection:
            return face_rows.fingerprints(connection, group.id, kept(group, FaceFilter()))

    def delete_face(self, group: Group, face_id: str) -> None:
        with self.writers.hold(group.id), self._database.write() as connection:
            state = existing(group_rows.lock_group(connection, self._proofs, group.id))
            deleted = face_rows.delete_face(connection, self._proofs, group.id, face_id)
            if not deleted.ids:
                raise _face_not_found()
            record_deletions(connection, self._proofs, group.id, state, deleted)
            self._journal.record(connection, "delete_face", app_id=group.app_id, group=group.name, faces=[face_id])
        self._index_cache.remove(replace(group, model=state.model), deleted.ids)
        self._database.purge_deleted()

    def delete_expired(self, group: Group, limit: int) -> int:
        with self.writers.hold(group.id), self._database.write() as connection:
            state = existing(group_rows.lock_group(connection, self._proofs, group.id))
            expired_by = group_rows.settings_of(connection, self._proofs, group.id).expired_by(datetime.now(UTC))
            if expired_by is None:
                return 0
            expired = face_rows.delete_oldest_faces(connection, self._proofs, group.id, expired_by, limit)
            if not expired.ids:
                return 0
            record_deletions(connection, self._proofs, group.id, state, expired)
            deleted = list(expired.ids.values())
            self._journal.record(connection, "expire", app_id=group.app_id, group=group.name, faces=deleted)
        self._index_cache.remove(replace(group, model=state.model), expired.ids)
        self._database.purge_deleted()
        return len(expired.ids)

    def list_faces(
        self, group: Group, where: FaceFilter, before: int | None, limit: int, offset: int = 0
    ) -> list[FaceRecord]:
        wanted = kept(group, where)
        if where == FaceFilter():
            expired_by = wanted.registered_after
            found = look_ups.page(self._database, self._proofs, group.id, before, limit, offset, expired_by)
            if found:
                return found
        with self._database.read() as connection:
            existing(group_rows.group_version(connection, group.id))
            return face_rows.list_faces(connection, self._proofs, group.id, wanted, before, limit, offset)

    def count_faces(self, group: Group, where: FaceFilter) -> int:
        with self._database.read() as connection:
            existing(group_rows.group_version(connection, group.id))
            return face_rows.count_faces(connection, group.id, kept(group, where))

    def require_face(self, group: Group, face_id: str) -> FaceRecord:
        expired_by = group.settings.expired_by(datetime.now(UTC))
        found = look_ups.face(self._database, self._proofs, group.id, face_id, expired_by)
        if found is None:
            existing(look_ups.version(self._database, group.id))
            raise _face_not_found()
        return found

    def open_template(self, group: Group, face_id: str) -> Embedding:
        return self._template(group, face_id).embedding

    def require_template(self, app: App, name: str, face_id: str) -> tuple[Group, Template]:
        now = datetime.now(UTC)
        known = look_ups.group_and_template(self._database, self._proofs, app.id, name, face_id, now)
        if known is not None:
            group, state, found = known
            template = self._opened(group, state, face_id, found)
            if template is not None:
                return group, template
        group = self.require_group(app, name)
        return group, self._template(group, face_id)

    def _template(self, group: Group, face_id: str) -> Template:
        expired_by = group.settings.expired_by(datetime.now(UTC))
        while True:
            state, found = existing(
                look_ups.state_and_template(self._database, self._proofs, group.id, face_id, expired_by)
            )
            template = self._opened(group, state, face_id, found)
            if template is not None:
                return template

    def _opened(
        self, group: Group, state: GroupState, face_id: str, found: tuple[int, bytes] | None
    ) -> Template | None:
        """The template in a row, given with the face's sequence; None if the group has lost the face since."""
        if found is None:
            raise _face_not_found()
        if state.model != group.model:
            raise GroupMoved
        sequence, sealed = found
        if not self._has(group, state, sequence):
            return None
        embedding = self._cipher(group, state).open(face_id, sealed)
        wipe([sealed])
        return Template(embedding, sequence, state.version)

    def _has(self, group: Group, state: GroupState, sequence: int) -> bool:
        """Whether the group has this face; False if that has changed since the row was read.

        A large group is not read in for the sake of one face. Raises INTERNAL if the row of a deleted face was put
        back.
        """
        if state.face_count > READ_IN_FOR_ONE and not self._index_cache.has(group):
            return True
        snapshot = self._index_cache.snapshot(group, state.version)
        if snapshot.has(sequence):
            return True
        with self._database.read() as connection:
            there = face_rows.faces_by_sequence(connection, self._proofs, group.id, [sequence])
            # A face that is deleted leaves the memory before that has the version of its deletion.
            if there and group_rows.group_version(connection, group.id) == snapshot.version:
                raise altered(f"The set of faces of the group {group.name!r}")
        return False

    def search(
        self, group: Group, probe: Embedding, limit: int, min_cosine: float, exclude: Template | None = None
    ) -> list[tuple[FaceRecord, float]]:
        with self._instrument(Span.SEARCH):
            return self._search(group, probe, limit, min_cosine, exclude)

    def _search(
        self, group: Group, probe: Embedding, limit: int, min_cosine: float, exclude: Template | None
    ) -> list[tuple[FaceRecord, float]]:
        expired_by, expired = group.settings.expired_by(datetime.now(UTC)), 0
        version, left_out = (exclude.group_version, exclude.sequence) if exclude else (None, None)
        while True:
            if version is None:
                version = self._version(group)
            snapshot = self._index_cache.snapshot(group, version)
            winners = snapshot.search(probe, limit + expired, min_cosine, left_out)
            sequences = [sequence for sequence, _ in winners]
            found = look_ups.faces_by_sequence(self._database, self._proofs, group.id, sequences)
            if len(found) < len(winners):
                if look_ups.version(self._database, group.id) == snapshot.version:
                    raise altered(f"The set of faces of the group {group.name!r}")
                # A winner was deleted during the search, so search again without it.
                self._index_cache.remove(group, set(sequences) - found.keys())
                version = None
                continue
            best = [(found[sequence], cosine) for sequence, cosine in winners]
            kept = [pair for pair in best if expired_by is None or pair[0].created_at > expired_by]
            if expired_by is None or len(kept) >= limit or len(best) < limit + expired:
                return kept[:limit]
            # Expired faces that are not deleted yet took ranks: search for as many more.
            with self._database.read() as connection:
                expired = face_rows.count_faces_until(connection, group.id, expired_by)

    def _version(self, group: Group) -> int:
        """The version of a group that still has this model. Raises GroupMoved, GROUP_NOT_FOUND."""
        state = existing(look_ups.state(self._database, self._proofs, group.id))
        if state.model != group.model:
            raise GroupMoved
        return state.version


def claim_group(connection: Connection, proofs: Proofs, app: App, name: str, quota: int) -> None:
    """Count one more group of this app, check that its name is free, and delete a tombstone of that name.

    Raises DUPLICATE_GROUP, GROUP_QUOTA_EXCEEDED; UNAUTHORIZED if the app has been deleted since.
    """
    count = group_rows.lock_app(connection, app.id)
    if count is None:
        raise ServiceError(ErrorCode.UNAUTHORIZED, "The app has been deleted.")
    if count != proofs.sets.count(connection, GROUPS, app.id):
        raise altered(f"The number of groups of the app {app.name!r}")
    if group_rows.find_group(connection, proofs, app.id, name) is not None:
        raise ServiceError(ErrorCode.DUPLICATE_GROUP, "A group with this id already exists.")
    if count >= quota:
        raise ServiceError(ErrorCode.GROUP_QUOTA_EXCEEDED, f"The app has {count} groups; the limit is {quota}.")
    group_rows.set_group_count(connection, app.id, count + 1)
    group_rows.delete_tombstone(connection, app.id, name)


def kept(group: Group, where: FaceFilter) -> FaceFilter:
    """The filter without faces that have expired and are not deleted yet."""
    return replace(where, registered_after=group.settings.expired_by(datetime.now(UTC)))


def record_deletions(
    connection: Connection, proofs: Proofs, group_key: int, state: GroupState, deleted: DeletedFaces
) -> GroupState:
    """Record the deletion of faces, and return the group's new state: its version, count and set of faces."""
    count = len(deleted.ids)
    floor = max(state.floor, state.version + count - DELETIONS_KEPT)
    deletion_rows.record(connection, proofs, group_key, state.version, list(deleted.ids))
    if floor > state.floor:
        deletion_rows.drop_until(connection, group_key, floor)
    person_rows.forget_names(connection, group_key, deleted.external_image_ids)
    if deleted.beside_events:
        event_rows.forget(connection, group_key, deleted)
    after = state.with_deleted(count, deleted.total, floor)
    group_rows.set_group_state(connection, proofs, group_key, after)
    return after


def existing(found: T | None) -> T:
    """What was found of a group. Raises GROUP_NOT_FOUND."""
    if found is None:
        raise group_not_found()
    return found


def _face_not_found() -> ServiceError:
    return ServiceError(ErrorCode.FACE_NOT_FOUND, "There is no face with this id in the group.")
