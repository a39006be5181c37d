"""Writes events to the audit log: in the transaction of the change, or many events in one of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, insert, select

from visavis.audit_events import Actor, Effect, Event
from visavis.storage.audit.record_codec import AuditKeys, columns_of
from visavis.storage.database.connection import Database
from visavis.storage.database.direct import DirectStatement
from visavis.storage.database.group_commit import GroupCommit
from visavis.storage.database.schema import apps, audit_inbox


@dataclass(slots=True)
class Acting:
    """Implements core's `AuditActing`; `recorded` once a transaction carries the event."""

    event: Event
    recorded: bool = False


_RECORD = DirectStatement(insert(audit_inbox))
_acting: ContextVar[Acting | None] = ContextVar("acting", default=None)


class Journal:
    """Implements core's `AuditJournal`. Records are chained soon after they are on disk (`chain.Chain`)."""

    def __init__(self, database: Database, keys: AuditKeys, owner: Actor) -> None:
        """`owner` is the actor of changes that no request began."""
        self._database = database
        self._keys = keys
        self._owner = owner
        self._own = GroupCommit(self._write)

    @contextmanager
    def acting(self, event: Event) -> Iterator[Acting]:
        acting = Acting(event)
        token = _acting.set(acting)
        try:
            yield acting
        finally:
            _acting.reset(token)

    def record(
        self,
        connection: Connection,
        operation: str,
        *,
        app_id: int | None,
        app: str | None = None,
        group: str | None = None,
        faces: Sequence[str] = (),
        detail: str | None = None,
    ) -> None:
        """Record a change in the write transaction that makes it: either both are on disk or neither.

        Actor and operation are those of the running event (`acting`), or the owner and `operation` without one.
        """
        acting = _acting.get()
        if acting is None:
            event = Event(actor=self._owner, operation=operation, effect=Effect.CHANGE)
        else:
            event, acting.recorded = acting.event, True
        event = replace(
            event,
            app_id=app_id,
            app=app or event.app or _name_of(connection, app_id),
            group=group or event.group,
            faces=tuple(faces) or event.faces,
            detail=detail or event.detail,
        )
        connection.execute(insert(audit_inbox), [self._sealed(event)])

    def add(self, *events: Event) -> None:
        self._own.add(*events)

    def record_alone(self, operation: str, *, app_id: int, group: str) -> None:
        """Record an operation of the owner that changes nothing, in a transaction of its own."""
        with self._database.write() as connection:
            self.record(connection, operation, app_id=app_id, group=group)

    def _write(self, events: list[Event]) -> None:
        if len(events) == 1:
            self._database.insert(_RECORD, self._sealed(events[0]))
            return
        rows = [self._sealed(event) for event in events]  # with the time of now, not of the end of a wait
        with self._database.write() as connection:
            connection.execute(insert(audit_inbox), rows)

    def _sealed(self, event: Event) -> dict[str, object]:
        columns = columns_of(event, datetime.now(UTC))
        return {**columns, "seal": self._keys.seal(columns)}


def _name_of(connection: Connection, app_id: int | None) -> str | None:
    return None if app_id is None else connection.scalar(select(apps.c.name).where(apps.c.id == app_id))
