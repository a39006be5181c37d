"""Which apps, keys, groups, users, second factors, sessions and the like there are, and as what.

Each is a set of tags, in a row of the table `sets`: a version, a count and a sealed sum (`face_sets`). Whoever
changes a record changes its set in the same transaction, so that a row which was taken away, brought back or put
back as it was earlier is missed or not known, though its tag is good.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    ScalarSelect,
    Select,
    Table,
    bindparam,
    func,
    insert,
    select,
    update,
)

from visavis.storage.database import schema
from visavis.storage.database.column_types import Row
from visavis.storage.database.schema import sets
from visavis.storage.proof.alteration import altered
from visavis.storage.proof.face_sets import SumKeys, Total, no_total, sum_of

_SET = select(sets.c.version, sets.c.count, sets.c.total).where(
    sets.c.name == bindparam("name"), sets.c.owner == bindparam("owner")
)
_SET_TO_CHANGE = _SET.with_for_update()
_NO_BLOCK = bytes(16)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record that is counted in sets: one for each owner, or one for all."""

    table: Table
    identity: Column[Any]
    owner: Column[Any] | None
    shown: Callable[[Row], str]
    """What a record is called in a message."""

    @property
    def plural(self) -> str:
        """What its records are called together."""
        return self.table.name.replace("_", " ")

    def owner_of(self, row: Row) -> int:
        return 0 if self.owner is None else row[self.owner.name]

    def owners(self, connection: Connection) -> Sequence[int]:
        """Whoever has a set; 0 alone where there is one for all."""
        if self.owner is None:
            return [0]
        [refers] = self.owner.foreign_keys
        return connection.scalars(select(refers.column).order_by(refers.column)).all()


ACCESS_KEYS = Kind(
    schema.access_keys, schema.access_keys.c.id, None, lambda row: f"user access key {row['name']!r}"
)
ACCESS_TOKENS = Kind(
    schema.access_tokens,
    schema.access_tokens.c.hash,
    schema.access_tokens.c.access_key_id,
    lambda row: f"token of user access key number {row['access_key_id']}",
)

APPS = Kind(schema.apps, schema.apps.c.id, None, lambda row: f"app {row['name']!r}")
CALIBRATIONS = Kind(
    schema.calibrations, schema.calibrations.c.model, None, lambda row: f"similarity scale of {row['model']}"
)
GROUPS = Kind(schema.groups, schema.groups.c.id, schema.groups.c.app_id, lambda row: f"group {row['name']!r}")
INVITATIONS = Kind(
    schema.invitations, schema.invitations.c.digest, None, lambda row: f"invitation of a {row['role']}"
)
KEYS = Kind(schema.keys, schema.keys.c.id, None, lambda row: f"key number {row['id']}")
RECOVERY_CODES = Kind(
    schema.recovery_codes,
    schema.recovery_codes.c.hash,
    None,
    lambda row: f"recovery code of user number {row['user_id']}",
)
SECOND_FACTORS = Kind(
    schema.second_factors,
    schema.second_factors.c.user_id,
    None,
    lambda row: f"second factor of user number {row['user_id']}",
)
SESSIONS = Kind(
    schema.sessions, schema.sessions.c.digest, None, lambda row: f"session of user number {row['user_id']}"
)
WEBHOOKS = Kind(
    schema.webhooks, schema.webhooks.c.group_id, None, lambda row: f"webhook of group number {row['group_id']}"
)
USERS = Kind(schema.users, schema.users.c.id, None, lambda row: f"user {row['name']!r}")

FIRST_KINDS = (APPS, CALIBRATIONS, GROUPS, INVITATIONS, KEYS, SESSIONS, USERS)
"""The kinds that got their sets all at once, when there were none."""
LATER_KINDS = (ACCESS_KEYS, ACCESS_TOKENS, RECOVERY_CODES, SECOND_FACTORS, WEBHOOKS)
KINDS = (*FIRST_KINDS, *LATER_KINDS)


@dataclass(frozen=True, slots=True)
class _Members:
    """What a set was found to hold."""

    sealed: bytes
    tags: Mapping[Any, bytes]
    """By what identifies each."""


def sealed_total(kind: Kind, owner: ColumnElement[int] | int = 0) -> ScalarSelect[bytes]:
    """What a statement can ask for beside a record: it tells whether the set is the one that was verified last."""
    return select(sets.c.total).where(sets.c.name == kind.table.name, sets.c.owner == owner).scalar_subquery()


class RecordSets:
    """Keeps the sets, and remembers what was found in them."""

    def __init__(self, derive: Callable[[str], bytes]) -> None:
        self._keys = SumKeys(derive, "records")
        self._known: dict[tuple[str, int], _Members] = {}

    def begin(self, connection: Connection, kind: Kind, owner: int = 0) -> None:
        """A set of nothing."""
        values = self._sealed(kind, owner, 0, 0, no_total())
        connection.execute(insert(sets).values(name=kind.table.name, owner=owner, **values))

    def end(self, connection: Connection, kind: Kind, owner: int) -> None:
        """Forget a set whose owner goes."""
        connection.execute(sets.delete().where(sets.c.name == kind.table.name, sets.c.owner == owner))
        self._known.pop((kind.table.name, owner), None)

    def change(
        self, connection: Connection, kind: Kind, owner: int, gone: Sequence[bytes], come: Sequence[bytes]
    ) -> None:
        """Take tags out of a set and put others in, after the rows, in the write transaction that changes them."""
        if not gone and not come:
            return
        version, count, _, total = self._read(connection, _SET_TO_CHANGE, kind, owner)
        try:
            total = total - self._sum(gone) + self._sum(come)
        except (TypeError, ValueError):  # a tag that is none
            raise _set_altered(kind) from None
        values = self._sealed(kind, owner, version + 1, count + len(come) - len(gone), total)
        where = (sets.c.name == kind.table.name, sets.c.owner == owner)
        connection.execute(update(sets).where(*where).values(values))

    def count(self, connection: Connection, kind: Kind, owner: int) -> int:
        """How many there are, for this transaction alone to change. Raises INTERNAL if the set was altered."""
        _, count, _, _ = self._read(connection, _SET_TO_CHANGE, kind, owner)
        return count

    def require_count(self, connection: Connection, kind: Kind) -> None:
        """Whether there are as many rows as there should be: what is asked when one was not found.

        Of a kind without owners, in a read transaction. Raises INTERNAL.
        """
        _, count, _, _ = self._read(connection, _SET, kind, 0)
        if connection.scalar(select(func.count()).select_from(kind.table)) != count:
            raise _set_altered(kind)

    def has(self, connection: Connection, kind: Kind, row: Row, sealed: bytes | None = None) -> bool:
        """Whether the set has the row as it is; in a read transaction. Raises INTERNAL if the set was altered.

        `sealed`: what `sealed_total` gave, in the same transaction.
        """
        owner = kind.owner_of(row)
        known = self._known.get((kind.table.name, owner))
        if known is None or known.sealed != (sealed or self._current(connection, kind, owner)):
            known = self.verify(connection, kind, owner)
        return known.tags.get(row[kind.identity.name]) == bytes(row["tag"])

    def knows(self, kind: Kind, row: Row, sealed: bytes | None) -> bool:
        """Whether the row is in the set, which is the one that was verified last: its total is still `sealed`.

        `sealed`: what `sealed_total` gave, in the same statement as the row. False also where the set is another
        one by now; `has` tells that.
        """
        known = self._known.get((kind.table.name, kind.owner_of(row)))
        if known is None or known.sealed != sealed:
            return False
        return bool(known.tags.get(row[kind.identity.name]) == row["tag"])

    def knows_all(self, kind: Kind, rows: Sequence[Row], sealed: bytes | None) -> bool:
        """Whether these rows are all of the set, as `knows` says it of each. There is at least one."""
        known = self._known.get((kind.table.name, kind.owner_of(rows[0])))
        if known is None or len(known.tags) != len(rows):
            return False
        return all(self.knows(kind, row, sealed) for row in rows)

    def expects(self, connection: Connection, kind: Kind, identity: object) -> bool:
        """Whether the set, of a kind without owners, has a row of this identity; in a read transaction.

        Raises INTERNAL if the set was altered.
        """
        known = self._known.get((kind.table.name, 0))
        if known is None or known.sealed != self._current(connection, kind, 0):
            known = self.verify(connection, kind)
        return identity in known.tags

    def verify(self, connection: Connection, kind: Kind, owner: int = 0) -> _Members:
        """Hold the set against the rows that are there; in a read transaction. Raises INTERNAL."""
        _, count, sealed, total = self._read(connection, _SET, kind, owner)
        statement = select(kind.identity, kind.table.c.tag)
        if kind.owner is not None:
            statement = statement.where(kind.owner == owner)
        tags = {identity: tag for identity, tag in connection.execute(statement)}  # noqa: C416 - of rows
        try:
            fits = len(tags) == count and bool((self._sum(list(tags.values())) == total).all())
        except (TypeError, ValueError):  # a tag that is none
            fits = False
        if not fits:
            raise _set_altered(kind)
        members = _Members(sealed, tags)
        self._known[kind.table.name, owner] = members
        return members

    def _read(
        self, connection: Connection, statement: Select[Any], kind: Kind, owner: int
    ) -> tuple[int, int, bytes, Total]:
        """Version, count, the sealed sum and the sum. Raises INTERNAL if they are not what was kept."""
        row = connection.execute(statement, {"name": kind.table.name, "owner": owner}).one_or_none()
        if row is None:
            raise _set_altered(kind)
        version, count, sealed = row
        total = self._keys.open(sealed, _bound(kind, owner, version, count))
        if total is None:
            raise _set_altered(kind)
        return version, count, sealed, total

    def _current(self, connection: Connection, kind: Kind, owner: int) -> bytes | None:
        row = connection.execute(_SET, {"name": kind.table.name, "owner": owner}).one_or_none()
        return None if row is None else row.total

    def _sum(self, tags: Sequence[bytes]) -> Total:
        return sum_of(self._keys.elements(tags, [_NO_BLOCK] * len(tags), _NO_BLOCK * len(tags)))

    def _sealed(self, kind: Kind, owner: int, version: int, count: int, total: Total) -> dict[str, Any]:
        sealed = self._keys.seal(total, _bound(kind, owner, version, count))
        return {"version": version, "count": count, "total": sealed}


def _bound(kind: Kind, owner: int, version: int, count: int) -> bytes:
    return kind.table.name.encode() + b"\0" + struct.pack(">3q", owner, version, count)


def _set_altered(kind: Kind) -> Exception:
    return altered(f"The stored state of the {kind.plural}")
