"""Reads and writes the records that decide who may what: each with its tag, and in its set."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence

from sqlalchemy import ColumnElement, Connection, Table, delete, insert, select, update

from visavis.errors import ServiceError
from visavis.storage.database.column_types import Row
from visavis.storage.proof.alteration import altered
from visavis.storage.proof.face_sets import FaceSets
from visavis.storage.proof.record_sets import Kind, RecordSets
from visavis.storage.proof.row_tags import RowTags


class Proofs:
    """Makes and verifies all that rows carry to prove themselves, under keys that no rotation changes."""

    def __init__(self, derive: Callable[[str], bytes]) -> None:
        """`derive` makes a key of 32 bytes for a purpose."""
        self.tags = RowTags(derive)
        self.faces = FaceSets(derive)
        self.sets = RecordSets(derive)
        self._digests = derive("digests of sessions and invitations")

    def insert(self, connection: Connection, kind: Kind, rows: Sequence[Row]) -> list[Row]:
        """Add records; they get their numbers from the database. Returns them whole. All are of one owner."""
        table, added = kind.table, []
        for values in rows:
            row = dict(connection.execute(insert(table).values(values).returning(*table.c)).mappings().one())
            added.append(self._tag(connection, kind, row))
        if added:
            self.sets.change(connection, kind, kind.owner_of(added[0]), [], [row["tag"] for row in added])
        return added

    def update(self, connection: Connection, kind: Kind, where: ColumnElement[bool], values: Row) -> list[Row]:
        """Change records, each after its tag was verified. Returns them as they are now; all are of one owner."""
        found = self.lock(connection, kind, where)
        changed = [self._tag(connection, kind, {**row, **values}, values) for row in found]
        if found:
            gone, come = ([row["tag"] for row in rows] for rows in (found, changed))
            self.sets.change(connection, kind, kind.owner_of(found[0]), gone, come)
        return changed

    def delete(self, connection: Connection, kind: Kind, *where: ColumnElement[bool]) -> list[Row]:
        """Delete records, altered ones too, and return what they were. All are of one owner."""
        statement = delete(kind.table).where(*where).returning(*kind.table.c)
        gone: list[Row] = [dict(row) for row in connection.execute(statement).mappings()]
        if gone:
            self.sets.change(connection, kind, kind.owner_of(gone[0]), [row["tag"] for row in gone], [])
        return gone

    def lock(self, connection: Connection, kind: Kind, *where: ColumnElement[bool]) -> list[Row]:
        """Records for this transaction alone to change. Raises INTERNAL if one was altered."""
        statement = select(kind.table).where(*where).order_by(kind.identity).with_for_update()
        return [self.require_tag(kind, dict(row)) for row in connection.execute(statement).mappings()]

    def digest(self, secret: bytes) -> bytes:
        """What is kept of a secret, or of its plain hash, so that nobody else can put one in: 32 bytes."""
        return hmac.digest(self._digests, secret, "sha256")

    def require(self, connection: Connection, kind: Kind, row: Row, sealed: bytes | None = None) -> Row:
        """The record, if it is what was kept last; in a read transaction. Raises INTERNAL.

        `sealed`: what `sealed_total` gave, in the same transaction.
        """
        if not self.sets.has(connection, kind, self.require_tag(kind, row), sealed):
            raise altered(f"The record of the {kind.shown(row)}")
        return row

    def know(self, kind: Kind, rows: Sequence[Row], sealed: bytes | None, *, all_of_them: bool = False) -> bool:
        """Whether rows are what was kept last, by what was verified before; `all_of_them`: and all of the set.

        `sealed`: what `sealed_total` gave in the same statement. Where this is False, `require` and `all` tell
        what is the matter, if anything is: the set may have changed since it was verified.
        """
        if not all(self.tags.fits(kind.table, row) for row in rows):
            return False
        if all_of_them:
            return self.sets.knows_all(kind, rows, sealed)
        return all(self.sets.knows(kind, row, sealed) for row in rows)

    def find(self, connection: Connection, kind: Kind, identity: object) -> Row | None:
        """The record of this identity, of a kind without owners; None if none was kept. In a read transaction.

        Raises INTERNAL if it was altered, taken away or put in.
        """
        statement = select(kind.table).where(kind.identity == identity)
        row = connection.execute(statement).mappings().one_or_none()
        if row is not None:
            return self.require(connection, kind, dict(row))
        if self.sets.expects(connection, kind, identity):
            raise altered(f"The stored state of the {kind.plural}")
        return None

    def require_tag(self, kind: Kind, row: Row) -> Row:
        """The record, if it is one that was kept. Raises INTERNAL."""
        if not self.tags.fits(kind.table, row):
            raise altered(f"The record of the {kind.shown(row)}")
        return row

    def all(self, connection: Connection, kind: Kind, owner: int = 0) -> list[Row]:
        """All records of an owner, in the order of what identifies them; in a read transaction.

        Raises INTERNAL if one was altered, taken away or put in.
        """
        known = self.sets.verify(connection, kind, owner)
        statement = select(kind.table).order_by(kind.identity)
        if kind.owner is not None:
            statement = statement.where(kind.owner == owner)
        rows = connection.execute(statement).mappings().all()
        return [self.require(connection, kind, dict(row), known.sealed) for row in rows]

    def faults(self, connection: Connection, table: Table, shown: Callable[[Row], str]) -> list[str]:
        """A sentence for each row of a table that its tag does not fit."""
        rows = connection.execute(select(table)).mappings()
        return [f"{shown(row)} was altered." for row in rows if not self.tags.fits(table, row)]

    def set_faults(self, connection: Connection, kind: Kind, owner: int = 0) -> list[str]:
        """The sentence about a set that does not agree with the rows."""
        try:
            self.sets.verify(connection, kind, owner)
        except ServiceError:
            whose = "" if kind.owner is None else f" of {_owner_of(kind)} number {owner}"
            return [
                f"The {kind.plural}{whose} are not those that were kept: one was changed, removed or inserted."
            ]
        return []

    def _tag(self, connection: Connection, kind: Kind, row: Row, values: Row | None = None) -> Row:
        """Put the tag of a row, and these values, into the database."""
        tag = self.tags.make(kind.table, row)
        where = kind.identity == row[kind.identity.name]
        connection.execute(update(kind.table).where(where).values({**(values or {}), "tag": tag}))
        return {**row, "tag": tag}


def _owner_of(kind: Kind) -> str:
    """What the owners of such records are called: `app` where the column is `app_id`."""
    return "" if kind.owner is None else kind.owner.name.removesuffix("_id").replace("_", " ")
