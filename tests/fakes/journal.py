"""The audit log in memory: how events get into it, and the chain that they form."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import RLock
from uuid import uuid4

from visavis.audit_events import (
    FAILED,
    OK,
    Actor,
    ActorKind,
    AuditFilter,
    AuditHead,
    AuditNames,
    AuditRecord,
    Effect,
    Event,
)
from visavis.core.ports import Clock

OWNER = Actor(kind=ActorKind.SERVER)
"""Whom changes are put down to that nobody else has begun."""

MAX_TEXT = 255


@dataclass
class FakeActing:
    """An event that is under way."""

    event: Event
    recorded: bool = False


_acting: ContextVar[FakeActing | None] = ContextVar("acting", default=None)


@dataclass
class FakeJournal:
    """Events that are not in the chain yet."""

    clock: Clock
    inbox: list[tuple[datetime, Event]] = field(default_factory=list)
    lock: RLock = field(default_factory=RLock)

    @contextmanager
    def acting(self, event: Event) -> Iterator[FakeActing]:
        acting = FakeActing(event)
        token = _acting.set(acting)
        try:
            yield acting
        finally:
            _acting.reset(token)

    def add(self, *events: Event) -> None:
        with self.lock:
            self.inbox.extend((self.clock(), _kept(event)) for event in events)

    def record(
        self,
        operation: str,
        *,
        app_id: int | None,
        app: str | None = None,
        group: str | None = None,
        faces: Sequence[str] = (),
        detail: str | None = None,
    ) -> None:
        """What stores call for a change that they make."""
        acting = _acting.get()
        event = Event(actor=OWNER, operation=operation, effect=Effect.CHANGE)
        if acting is not None:
            event, acting.recorded = acting.event, True
        self.add(
            replace(
                event,
                app_id=app_id,
                app=app or event.app,
                group=group or event.group,
                faces=tuple(faces) or event.faces,
                detail=detail or event.detail,
            )
        )


@dataclass
class FakeChain:
    """The log in its order; each link is a hash of all that came before."""

    journal: FakeJournal
    records: list[AuditRecord] = field(default_factory=list)

    def advance(self, *, wait: bool = False) -> int:
        with self.journal.lock:
            moved = len(self.journal.inbox)
            for at, event in self.journal.inbox:
                before = self.head()
                link = hashlib.sha256(before.link + repr((at, event)).encode()).digest()
                self.records.append(AuditRecord(before.position + 1, str(uuid4()), at, event, link))
            self.journal.inbox.clear()
            return moved

    def head(self) -> AuditHead:
        with self.journal.lock:
            if not self.records:
                return AuditHead(0, bytes(32))
            return AuditHead(self.records[-1].position, self.records[-1].link)

    def page(self, where: AuditFilter, before: int | None, limit: int) -> list[AuditRecord]:
        self.advance(wait=True)
        newest_first = [record for record in reversed(self.records) if _agrees(record, where)]
        return [record for record in newest_first if before is None or record.position < before][:limit]

    def names(self) -> AuditNames:
        events = [record.event for record in self.records]
        users = [event.actor for event in events if event.actor.kind is ActorKind.USER]
        return AuditNames(
            apps=tuple(sorted({event.app for event in events if event.app})),
            groups=tuple(sorted({(event.app, event.group) for event in events if event.app and event.group})),
            operations=tuple(sorted({(event.effect, event.operation) for event in events})),
            actors=tuple(kind for kind in ActorKind if kind in {event.actor.kind for event in events}),
            users=tuple(sorted({actor.user for actor in users if actor.user})),
            results=tuple(sorted({event.result for event in events})),
        )


def _agrees(record: AuditRecord, where: AuditFilter) -> bool:
    event = record.event
    results = {None, event.result} | (set() if event.result == OK else {FAILED})
    return (
        (where.since is None or record.at >= where.since)
        and (where.until is None or record.at < where.until)
        and where.app in {None, event.app}
        and where.app_id in {None, event.app_id}
        and where.operation in {None, event.operation}
        and where.group in {None, event.group}
        and (where.faces is None or not set(where.faces).isdisjoint(event.faces))
        and where.actor in {None, event.actor.kind}
        and where.user in {None, event.actor.user}
        and where.result in results
    )


def _kept(event: Event) -> Event:
    """Texts that clients may have made up as they are kept: printable, and no longer than a column."""
    return replace(
        event,
        app=_plain(event.app),
        group=_plain(event.group),
        faces=tuple(_plain(face.replace(" ", "?")) or "" for face in event.faces),
        detail=_plain(event.detail),
    )


def _plain(text: str | None) -> str | None:
    if text is None:
        return None
    return "".join(letter if letter.isprintable() else "?" for letter in text[:MAX_TEXT])
