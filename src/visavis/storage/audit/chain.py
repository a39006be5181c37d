"""Moves records from the inbox into the chain, one batch in a transaction, and lists the records of the chain."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Generator, Iterator, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    delete,
    false,
    insert,
    literal,
    or_,
    select,
    update,
)

from visavis.audit_events import FAILED, OK, AuditFilter, AuditHead, AuditNames, AuditRecord
from visavis.storage.audit.names_seen import NamesSeen
from visavis.storage.audit.record_codec import GENESIS, AuditKeys, column_of, pack, record_of, unpack
from visavis.storage.database.column_types import Label
from visavis.storage.database.connection import Database
from visavis.storage.database.metadata import get_metadata, set_metadata
from visavis.storage.database.schema import AUDIT_COLUMNS, audit, audit_inbox, meta

logger = logging.getLogger(__name__)

HEAD = "audit head"
"""The key of `meta` under which the head of the chain is stored."""

_BATCH = 500
_WAITING = select(audit_inbox).order_by(audit_inbox.c.uid).limit(_BATCH)


class Chain:
    """Implements core's `AuditChain`. Any number of processes may chain; one does at a time."""

    def __init__(self, database: Database, keys: AuditKeys) -> None:
        self._database = database
        self._keys = keys
        self._seen = GENESIS
        self._names = NamesSeen()

    def advance(self, *, wait: bool = False) -> int:
        moved, after = 0, ""
        while True:
            with self._database.read() as connection:
                if connection.scalar(_waiting_after(after).with_only_columns(audit_inbox.c.uid).limit(1)) is None:
                    return moved
            with self._database.write() as connection:
                head = lock_head(connection, wait=wait)
                if head is None:
                    return moved
                self._compare(head)
                rows = connection.execute(_waiting_after(after)).mappings().all()
                good = [row for row in rows if self._is_ours(row)]
                head = self._append(connection, head, good)
            self._seen = head
            moved += len(good)
            if len(rows) < _BATCH:
                return moved
            after = rows[-1]["uid"]

    def head(self) -> AuditHead:
        with self._database.read() as connection:
            return read_head(connection)

    def page(self, where: AuditFilter, before: int | None, limit: int) -> list[AuditRecord]:
        statement = select(audit).where(*_conditions(where)).order_by(audit.c.position.desc()).limit(limit)
        if before is not None:
            statement = statement.where(audit.c.position < before)
        self.advance(wait=True)
        with self._database.read() as connection:
            return [record_of(dict(row)) for row in connection.execute(statement).mappings()]

    def names(self) -> AuditNames:
        with self._database.read() as connection:
            return self._names.read(connection)

    def stream(self, where: AuditFilter) -> Generator[AuditRecord]:
        """All records that match the filter, oldest first, as of now. Close the generator to stop early."""
        self.advance(wait=True)
        statement = select(audit).where(*_conditions(where)).order_by(audit.c.position)
        with (
            self._database.read() as connection,
            connection.execute(statement, execution_options={"yield_per": _BATCH}) as rows,
        ):
            for batch in rows.mappings().partitions():
                yield from (record_of(dict(row)) for row in batch)

    def _append(self, connection: Connection, head: AuditHead, rows: Sequence[RowMapping]) -> AuditHead:
        chained = []
        for row in rows:
            columns = {name: row[name] for name in AUDIT_COLUMNS}
            head = AuditHead(head.position + 1, self._keys.link(head, columns))
            chained.append({**columns, "position": head.position, "link": head.link})
        if chained:
            connection.execute(insert(audit), chained)
            connection.execute(delete(audit_inbox).where(audit_inbox.c.uid.in_([row["uid"] for row in chained])))
            connection.execute(update(meta).where(meta.c.key == HEAD).values(value=pack(head)))
        return head

    def _is_ours(self, row: RowMapping) -> bool:
        """Whether the seal is right. Records with a wrong seal stay in the inbox, and `verify` reports them."""
        return hmac.compare_digest(row["seal"], self._keys.seal(dict(row)))

    def _compare(self, head: AuditHead) -> None:
        seen = self._seen
        if head.position < seen.position or (head.position == seen.position and head.link != seen.link):
            logger.critical("The audit log was cut or replaced: it ended at %s and ends at %s now.", seen, head)


def lock_head(connection: Connection, *, wait: bool = True) -> AuditHead | None:
    """The head of the chain, locked for this transaction; None if it is locked already and `wait` is off."""
    statement = select(meta.c.value).where(meta.c.key == HEAD).with_for_update(skip_locked=not wait)
    value = connection.scalar(statement)
    return None if value is None else unpack(value)


def read_head(connection: Connection) -> AuditHead:
    return unpack(get_metadata(connection, HEAD) or pack(GENESIS))


def begin_chain(connection: Connection) -> None:
    """Create the row of the head if it is missing. Call it inside a transaction of `Database.set_up`."""
    if get_metadata(connection, HEAD) is None:
        set_metadata(connection, HEAD, pack(GENESIS))


def _waiting_after(uid: str) -> Select[Any]:
    return _WAITING.where(audit_inbox.c.uid > uid)


def _conditions(where: AuditFilter) -> Iterator[ColumnElement[bool]]:
    if where.since is not None:
        yield audit.c.at >= where.since
    if where.until is not None:
        yield audit.c.at < where.until
    for name in ("app", "operation", "group", "user"):
        if (wanted := getattr(where, name)) is not None:
            yield audit.c[column_of(name)] == literal(wanted, Label)
    if where.app_id is not None:
        yield audit.c.app_id == where.app_id
    if where.faces is not None:
        yield or_(false(), *(_names_face(face) for face in where.faces))
    if where.actor is not None:
        yield audit.c.actor == where.actor.value
    if where.result is not None:
        yield audit.c.result != OK if where.result == FAILED else audit.c.result == literal(where.result, Label)


def _names_face(face: str) -> ColumnElement[bool]:
    listed = (literal(" ") + audit.c.faces + " ").contains(f" {face} ", autoescape=True)
    return false() if "\0" in face else listed
