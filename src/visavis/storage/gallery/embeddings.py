"""Reads stored templates for an index (`visavis.index.cache.EmbeddingSource`)."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from time import sleep
from weakref import WeakKeyDictionary

import numpy as np
from sqlalchemy import Connection

from visavis.errors import GroupMoved
from visavis.index.blocks import Sequences
from visavis.index.vector_index import VectorIndex
from visavis.storage.database.connection import Database
from visavis.storage.gallery import deletion_rows, face_rows, group_rows
from visavis.storage.gallery.followed import FollowedFaces
from visavis.storage.gallery.group_rows import GroupState
from visavis.storage.keys.cipher import GroupCipher, binding_of
from visavis.storage.keys.ring import KeyRing
from visavis.storage.keys.wiping import wipe
from visavis.storage.proof.alteration import altered
from visavis.storage.proof.face_sets import SEAL_BYTES
from visavis.storage.proof.records import Proofs
from visavis.types import Embedding, Group

_ROWS_AT_ONCE = 250
_PAUSE_S = 1e-5
"""Opening templates holds the interpreter's lock. Other threads run after each 250 rows, about a millisecond."""


class StoredEmbeddings:
    """Reads the templates of groups, decrypts them, and adds the embeddings to an index."""

    def __init__(self, database: Database, keys: KeyRing) -> None:
        self._database = database
        self._keys = keys
        self._followed: WeakKeyDictionary[VectorIndex, FollowedFaces] = WeakKeyDictionary()

    def refresh(self, group: Group, index: VectorIndex) -> None:
        """Bring the index of a group up to date, from the version that it has.

        Raises GROUP_NOT_FOUND, and GroupMoved if the group has another model by now; INTERNAL if the group has not
        the faces that it should, and lets go of all of them.
        """
        proofs = self._keys.proofs
        with self._database.read() as connection:
            state = group_rows.group_state(connection, proofs, group.id)
            if state is None:
                raise group_rows.group_not_found()
            if state.model != group.model:
                raise GroupMoved
            if index.snapshot.version < state.floor:
                index.clear()
            since = index.snapshot.version
            removed = deletion_rows.removed_after(connection, group.id, since) if since else []
            followed = self._followed.get(index) if since else None
            if followed is None:
                followed = self._followed[index] = FollowedFaces()
            cipher = self._keys.group_cipher(state.wrapped_key, binding_of(group, state.model))
            opened = _opened(connection, proofs, group.id, since, cipher, followed)
            with closing(_verified(opened, followed, removed, group, state)) as added:
                try:
                    index.update(state.version, added, removed, expected=0 if since else state.face_count)
                except BaseException:
                    self._followed.pop(index)
                    index.clear()
                    raise

    def models_of(self, group_keys: Sequence[int]) -> dict[int, str]:
        """The recognition model of each of these groups; deleted groups are left out."""
        with self._database.read() as connection:
            return group_rows.models_of(connection, group_keys)


def _verified(
    opened: Generator[tuple[Sequences, Embedding]],
    followed: FollowedFaces,
    removed: Sequence[int],
    group: Group,
    state: GroupState,
) -> Generator[tuple[Sequences, Embedding]]:
    """The batches, if they leave the group with the faces that it should have: otherwise INTERNAL in the end."""
    with closing(opened):
        yield from opened
    followed.remove(removed)
    if followed.count != state.face_count or (followed.total != state.faces).any():
        raise altered(f"The set of faces of the group {group.name!r}")


def _opened(
    connection: Connection,
    proofs: Proofs,
    group_key: int,
    since: int,
    cipher: GroupCipher,
    followed: FollowedFaces,
) -> Generator[tuple[Sequences, Embedding]]:
    # Closed while the transaction is open: the database may have to discard the rest of the result.
    with closing(face_rows.templates_after(connection, group_key, since)) as batches:
        for batch in batches:
            numbers, face_ids, templates, tags = zip(*batch, strict=True)
            sequences = np.array(numbers, np.int64)
            seals = [template[-SEAL_BYTES:] for template in templates]
            followed.add(sequences, face_rows.elements_of(proofs, group_key, sequences, tags, seals))
            for start in range(0, len(batch), _ROWS_AT_ONCE):
                few = slice(start, start + _ROWS_AT_ONCE)
                rows = cipher.open_all(list(zip(face_ids[few], templates[few], strict=True)))
                wipe(templates[few])
                yield sequences[few], rows
                rows.fill(0)  # the index has a copy of its own, which it erases when a face is deleted
                sleep(_PAUSE_S)
