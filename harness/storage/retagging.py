"""Rows that a test has written behind the storage's back, made as good as any other."""

from __future__ import annotations

from sqlalchemy import delete, update

from visavis.storage.database.metadata import set_metadata
from visavis.storage.database.schema import faces, groups, sets
from visavis.storage.proof.tagging import MARK, tag_rows
from visavis.storage.store import Storage


def tag_anew(storage: Storage) -> None:
    """Let all rows be as they were kept; there must be no sessions and no invitations."""
    forget_tags(storage)
    tag_rows(storage.database, storage.keys.proofs)
    storage.index_cache.clear()


def forget_tags(storage: Storage) -> None:
    """Let the rows be as a version left them that knew of no tags: the next opening makes these."""
    with storage.database.write() as connection:
        connection.execute(update(faces).values(tag=None))
        connection.execute(update(groups).values(face_set=None))
        connection.execute(delete(sets))
        set_metadata(connection, MARK, b"")
