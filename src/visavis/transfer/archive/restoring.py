"""Restores the groups of an archive, within a transaction of the caller."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Connection

from visavis.errors import ErrorCode, ServiceError, SetupError
from visavis.identities import App
from visavis.storage.audit.journal import Journal
from visavis.storage.gallery import face_rows, group_rows, person_rows
from visavis.storage.gallery.gallery import claim_group
from visavis.storage.gallery.group_rows import GroupState
from visavis.storage.keys.cipher import GroupCipher, binding_of
from visavis.storage.keys.ring import KeyRing
from visavis.storage.proof.face_sets import Total
from visavis.transfer.archive.contents import ArchivedFace, GroupHead
from visavis.types import Group

_AT_ONCE = 1000
"""How many faces are in memory at a time."""


@dataclass(frozen=True, slots=True)
class Target:
    """The app that an archive is restored to, and how."""

    app: App
    names: Mapping[str, str]
    """New names of groups, by their names in the archive; other groups keep their names."""
    merge: bool
    """Whether an existing group gets the faces that it lacks; otherwise it is an error."""
    groups_quota: int
    """How many groups the app may have."""
    faces_quota: int
    """How many faces a group may have."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was added to one group."""

    group: str
    added: int
    present: int
    """Faces that the group had already, by their ids."""


@dataclass(frozen=True, slots=True)
class Restoring:
    """Restores one group after the other."""

    connection: Connection
    keys: KeyRing
    journal: Journal
    target: Target
    progress: Callable[[int], None]

    def group(self, head: GroupHead, faces: Iterator[ArchivedFace]) -> Restored:
        """Restore a group with these faces. Raises the errors of `Archives.restore`."""
        group = self._group_for(head)
        state = group_rows.lock_group(self.connection, self.keys.proofs, group.id)
        assert state is not None  # noqa: S101 - it was found or made in this transaction
        cipher = self.keys.group_cipher(state.wrapped_key, binding_of(group, state.model))
        added = present = 0
        while batch := list(islice(faces, _AT_ONCE)):
            if not added:
                self._check_dimension(group, cipher, batch[0])
            new = self._new(group, batch)
            state = state.with_added(len(new), self._insert(group, state, cipher, new))
            added, present = added + len(new), present + len(batch) - len(new)
            self.progress(len(batch))
        if state.face_count > self.target.faces_quota:
            raise ServiceError(
                ErrorCode.FACE_QUOTA_EXCEEDED,
                f"The group {group.name!r} would have {state.face_count} faces; the limit is "
                f"{self.target.faces_quota}.",
            )
        group_rows.set_group_state(self.connection, self.keys.proofs, group.id, state)
        return Restored(group.name, added, present)

    def _group_for(self, head: GroupHead) -> Group:
        """The group that gets the faces: created like the archived one, or an existing group."""
        target = self.target
        name = target.names.get(head.name, head.name)
        existing = group_rows.find_group(self.connection, self.keys.proofs, target.app.id, name)
        if existing is None:
            claim_group(self.connection, self.keys.proofs, target.app, name, target.groups_quota)
            wrapped_key = self.keys.new_wrapped_key(self.connection, target.app.id, name, head.model)
            self.journal.record(
                self.connection, "create_group", app_id=target.app.id, app=target.app.name, group=name
            )
            return group_rows.insert_group(
                self.connection,
                self.keys.proofs,
                target.app.id,
                name,
                head.model,
                wrapped_key,
                created_at=head.created_at,
                settings=head.group_settings(),
            )
        if not target.merge:
            raise ServiceError(ErrorCode.DUPLICATE_GROUP, f"A group {name!r} already exists.")
        if existing.model != head.model:
            raise SetupError(
                f"The faces of the archive are of the recognition model {head.model}, those of the group {name!r} "
                f"of {existing.model}: they cannot be compared."
            )
        return existing

    def _check_dimension(self, group: Group, cipher: GroupCipher, face: ArchivedFace) -> None:
        """Check that embeddings of archive and group have the same dimension. Raises SetupError."""
        template = face_rows.any_template(self.connection, group.id)
        if template is not None and len(cipher.open(*template)) != len(face.new.embedding):
            raise SetupError(
                f"The embeddings of the archive are not as long as those of the group {group.name!r}."
            )

    def _new(self, group: Group, batch: Sequence[ArchivedFace]) -> list[ArchivedFace]:
        present = face_rows.existing_face_ids(self.connection, group.id, [face.new.face_id for face in batch])
        return [face for face in batch if face.new.face_id not in present]

    def _insert(
        self, group: Group, state: GroupState, cipher: GroupCipher, faces: Sequence[ArchivedFace]
    ) -> Total:
        """Store faces; what they add to the set of the group's faces."""
        new = [face.new for face in faces]
        templates = [cipher.seal(face.face_id, face.embedding) for face in new]
        times = [face.created_at for face in faces]
        _, total = face_rows.insert_faces(
            self.connection, self.keys.proofs, group.id, state.version, new, templates, times
        )
        if new:
            self._name_persons(group, faces)
            ids = [face.face_id for face in new]
            self.journal.record(
                self.connection, "import_archive", app_id=group.app_id, group=group.name, faces=ids
            )
        return total

    def _name_persons(self, group: Group, faces: Sequence[ArchivedFace]) -> None:
        """Keep the names of persons; one who has a name keeps it."""
        names = {face.new.external_image_id: face.name for face in faces if face.name}
        proofs = self.keys.proofs
        there = person_rows.names_of(self.connection, proofs, group.id, [each for each in names if each])
        for person_id, name in names.items():
            if person_id and person_id not in there:
                person_rows.set_name(self.connection, proofs, group.id, person_id, name)
