"""All SQL statements on deletions of faces, which indexes follow."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select

from visavis.storage.database.schema import deletions
from visavis.storage.proof.records import Proofs


def record(connection: Connection, proofs: Proofs, group_key: int, after: int, sequences: Sequence[int]) -> None:
    """Record deletions as the versions after `after`."""
    recorded = [
        {"group_id": group_key, "version": version, "sequence": sequence}
        for version, sequence in enumerate(sequences, start=after + 1)
    ]
    tagged = [{**row, "tag": proofs.tags.make(deletions, row)} for row in recorded]
    connection.execute(insert(deletions), tagged)


def drop_until(connection: Connection, group_key: int, floor: int) -> None:
    """Drop the records of versions up to `floor`."""
    connection.execute(delete(deletions).where(deletions.c.group_id == group_key, deletions.c.version <= floor))


def clear(connection: Connection, group_key: int) -> None:
    """Drop the records of all deletions. Indexes of the group start over, so nobody needs them."""
    connection.execute(delete(deletions).where(deletions.c.group_id == group_key))


def removed_after(connection: Connection, group_key: int, version: int) -> list[int]:
    """The sequences of the faces deleted after `version`."""
    statement = select(deletions.c.sequence).where(
        deletions.c.group_id == group_key, deletions.c.version > version
    )
    return list(connection.scalars(statement))
