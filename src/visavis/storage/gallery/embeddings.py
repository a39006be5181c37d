"""Reads stored templates for an index (`visavis.index.cache.EmbeddingSource`)."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from time import sleep

import numpy as np
from sqlalchemy import Connection

from visavis.errors import GroupMoved
from visavis.index.blocks import Sequences
from visavis.index.vector_index import VectorIndex
from visavis.storage.database.connection import Database
from visavis.storage.gallery import face_rows, group_rows
from visavis.storage.keys.cipher import GroupCipher, binding_of
from visavis.storage.keys.ring import KeyRing
from visavis.types import Embedding, Group

_ROWS_AT_ONCE = 250
_PAUSE_S = 1e-5
"""Opening templates holds the interpreter's lock. Other threads run after each 250 rows, about a millisecond."""


class StoredEmbeddings:
    """Reads the templates of groups, decrypts them, and adds the embeddings to an index."""

    def __init__(self, database: Database, keys: KeyRing) -> None:
        self._database = database
        self._keys = keys

    def refresh(self, group: Group, index: VectorIndex) -> None:
        """Bring the index of a group up to date, from the version that it has.

        Raises GROUP_NOT_FOUND, and GroupMoved if the group has another model by now.
        """
        with self._database.read() as connection:
            state = group_rows.group_state(connection, group.id)
            if state is None:
                raise group_rows.group_not_found()
            if state.model != group.model:
                raise GroupMoved
            if index.snapshot.version < state.floor:
                index.clear()
            since = index.snapshot.version
            removed = face_rows.deletions_after(connection, group.id, since) if since else []
            cipher = self._keys.group_cipher(state.wrapped_key, binding_of(group, state.model))
            with closing(_opened(connection, group.id, since, cipher)) as added:
                index.update(state.version, added, removed, expected=0 if since else state.face_count)

    def models_of(self, group_keys: Sequence[int]) -> dict[int, str]:
        """The recognition model of each of these groups; deleted groups are left out."""
        with self._database.read() as connection:
            return group_rows.models_of(connection, group_keys)


def _opened(
    connection: Connection, group_key: int, since: int, cipher: GroupCipher
) -> Generator[tuple[Sequences, Embedding]]:
    # Closed while the transaction is open: the database may have to discard the rest of the result.
    with closing(face_rows.templates_after(connection, group_key, since)) as batches:
        for batch in batches:
            for start in range(0, len(batch), _ROWS_AT_ONCE):
                sequences, face_ids, templates = zip(*batch[start : start + _ROWS_AT_ONCE], strict=True)
                rows = cipher.open_all(list(zip(face_ids, templates, strict=True)))
                yield np.array(sequences, np.int64), rows
                rows.fill(0)  # the index has a copy of its own, which it erases when a face is deleted
                sleep(_PAUSE_S)
