"""Moves groups between the database and archives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO

from sqlalchemy import Connection

from visavis.errors import ErrorCode, ServiceError, SetupError
from visavis.storage.audit.journal import Journal
from visavis.storage.database.connection import Database
from visavis.storage.gallery import face_rows, group_rows, person_rows
from visavis.storage.gallery.gallery import kept
from visavis.storage.keys.cipher import binding_of
from visavis.storage.keys.ring import KeyRing
from visavis.storage.store import Storage
from visavis.transfer.archive.contents import ArchivedFace, ContentsWriter, GroupHead, read_contents
from visavis.transfer.archive.header import Cost, read_header, write_header
from visavis.transfer.archive.restoring import Restored, Restoring, Target
from visavis.transfer.archive.stream import SealedReader, SealedWriter
from visavis.types import FaceFilter, Group

Progress = Callable[[int], None]
"""Called with the number of faces handled since its last call."""


@dataclass(frozen=True, slots=True)
class ArchivedGroup:
    """A group in an archive."""

    head: GroupHead
    dimension: int | None
    """Number of components of its embeddings; None if it has no faces."""


@dataclass(frozen=True, slots=True)
class Archives:
    """Writes groups to archives and restores them. Templates are never written unencrypted."""

    database: Database
    keys: KeyRing = field(repr=False)
    journal: Journal

    @classmethod
    def of(cls, storage: Storage) -> Archives:
        """The archives of this storage."""
        return cls(storage.database, storage.keys, storage.journal)

    def write(
        self,
        file: BinaryIO,
        passphrase: str,
        groups: Sequence[Group],
        progress: Progress,
        cost: Cost | None = None,
    ) -> dict[str, int]:
        """Write groups, as they are at one moment, to an encrypted file; return the number of faces of each.

        Faces that have expired are left out. Raises GROUP_NOT_FOUND if a group has been deleted since.
        """
        for group in groups:  # recorded before any template is written
            self.journal.record_alone("export_archive", app_id=group.app_id, group=group.name)
        key, header = write_header(file, passphrase, cost or Cost())
        contents = ContentsWriter(SealedWriter(file, key, header))
        with self.database.read() as connection:
            counts = {group.name: self._write_group(connection, group, contents, progress) for group in groups}
        contents.finish()
        return counts

    def _write_group(
        self, connection: Connection, group: Group, contents: ContentsWriter, progress: Progress
    ) -> int:
        state = group_rows.group_state(connection, self.keys.proofs, group.id)
        if state is None:
            raise ServiceError(ErrorCode.GROUP_NOT_FOUND, f"The group {group.name!r} has been deleted.")
        cipher = self.keys.group_cipher(state.wrapped_key, binding_of(group, state.model))
        where = kept(group, FaceFilter())
        count = face_rows.count_faces(connection, group.id, where)
        names = person_rows.all_names(connection, self.keys.proofs, group.id)
        contents.group(GroupHead.of(group.name, state.model, group.created_at, count, group.settings))
        for batch in face_rows.faces_with_templates(connection, self.keys.proofs, group.id, where):
            embeddings = cipher.open_all([(record.face_id, template) for record, template in batch])
            for (record, _), embedding in zip(batch, embeddings, strict=True):
                contents.face(record, embedding, names.get(record.external_image_id or "", ""))
            progress(len(batch))
        return count

    def inspect(self, file: BinaryIO, passphrase: str, progress: Progress) -> list[ArchivedGroup]:
        """The groups in an archive, after reading it to its end. Raises SetupError if anything in it is wrong."""
        found = []
        for head, faces in _groups_in(_opened(file, passphrase)):
            ids: set[str] = set()
            dimension = None
            for face in faces:
                ids.add(face.new.face_id)
                dimension = len(face.new.embedding)
                progress(1)
            if len(ids) < head.faces:
                raise SetupError(f"The archive has two faces with the same id in the group {head.name!r}.")
            found.append(ArchivedGroup(head, dimension))
        if len({group.head.name for group in found}) < len(found):
            raise SetupError("The archive has two groups with the same id.")
        return found

    def restore(self, file: BinaryIO, passphrase: str, target: Target, progress: Progress) -> list[Restored]:
        """Store all groups of an archive, or nothing, in one transaction.

        Raises SetupError for a bad archive and for a group of another model; DUPLICATE_GROUP,
        GROUP_QUOTA_EXCEEDED, FACE_QUOTA_EXCEEDED, UNAUTHORIZED (the app was deleted).
        """
        sealed = _opened(file, passphrase)  # before the transaction: it takes a second
        with self.database.write() as connection:
            # Every transaction locks the app before its groups, so that none can block another for ever.
            if group_rows.lock_app(connection, target.app.id) is None:
                raise ServiceError(ErrorCode.UNAUTHORIZED, "The app has been deleted.")
            restoring = Restoring(connection, self.keys, self.journal, target, progress)
            return [restoring.group(head, faces) for head, faces in _groups_in(sealed)]


def _opened(file: BinaryIO, passphrase: str) -> SealedReader:
    return SealedReader(file, *read_header(file, passphrase))


def _groups_in(sealed: SealedReader) -> Iterator[tuple[GroupHead, Iterator[ArchivedFace]]]:
    """Each group with its faces, which must be read before the next group. Raises SetupError."""
    contents = read_contents(sealed)
    for head in contents:
        assert isinstance(head, GroupHead)  # noqa: S101 - what `read_contents` yields first, and after the faces
        yield head, (face for face in islice(contents, head.faces) if isinstance(face, ArchivedFace))
