"""The audit log: every operation is recorded before it is answered (docs/audit.md)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import TypeAlias, TypeVar

from visavis.audit_events import OK, AuditFilter, AuditNames, AuditRecord, Effect, Event
from visavis.core.attempts import network_of
from visavis.core.paging import Page, page_of
from visavis.core.ports import AuditActing, AuditChain, AuditJournal, Clock
from visavis.errors import ErrorCode, ServiceError

Result = TypeVar("Result")

InThread: TypeAlias = Callable[[Callable[[], None]], Awaitable[None]]
"""Runs a call in a thread, where it may block."""

REFUSAL_WINDOW = timedelta(minutes=1)
"""The first refusal of an address is recorded at once; those within this time after it as one record."""

_MAX_ADDRESSES = 1_000
"""How many addresses are counted apart at a time. Refusals of all others are counted together, without address."""

_gathered: ContextVar[list[Event] | None] = ContextVar("gathered", default=None)


class Audit:
    """Records events. A change that its own transaction has recorded is not recorded again."""

    def __init__(self, journal: AuditJournal, chain: AuditChain, clock: Clock, depth: Effect) -> None:
        """`depth`: the most harmless effect that is recorded; changes always are."""
        self._journal = journal
        self.chain = chain
        self._clock = clock
        self._depth = depth
        self._refusals = _Refusals()
        self._readings = _Readings()

    @contextmanager
    def recording(self, event: Event) -> Iterator[None]:
        """Record this event with the result of the block; for a thread that may block.

        The record is on disk when the context ends, unless `gather` collects it. Raises INTERNAL if it cannot be
        written.
        """
        with self._journal.acting(event) as acting:
            try:
                yield
            except Exception as error:
                self._finish(acting, _result(error))
                raise
            self._finish(acting, OK)

    @asynccontextmanager
    async def recording_in_loop(
        self, event: Event, in_thread: InThread, also: Mapping[type[Exception], ErrorCode] | None = None
    ) -> AsyncIterator[None]:
        """Record this event with the result of the block; for an event loop, which must not wait for the disk.

        `in_thread` runs the write. `also` maps exceptions other than ServiceError to the result to record.
        """
        with self._journal.acting(event) as acting:
            try:
                yield
            except Exception as error:
                result = (also or {}).get(type(error), _result(error))
                await in_thread(lambda: self._finish(acting, result))
                raise
        await in_thread(lambda: self._finish(acting, OK))

    def _finish(self, acting: AuditActing, result: str) -> None:
        is_on_record = acting.recorded and result == OK
        if not is_on_record and acting.event.effect <= self._depth:
            self._add(replace(_known(acting.event, result), result=result))

    def gather(self, events: list[Event], call: Callable[[], Result]) -> Result:
        """Run the call, with the events that it records put into this list, for `add`, instead of on disk.

        Changes are recorded by the transactions that make them, as ever.
        """
        token = _gathered.set(events)
        try:
            return call()
        finally:
            _gathered.reset(token)

    def add(self, events: Sequence[Event]) -> None:
        """Record events that were gathered: on disk when this returns, all or none.

        Raises INTERNAL or OVERLOADED if they cannot be.
        """
        self._journal.add(*events)

    def _add(self, event: Event) -> None:
        gathered = _gathered.get()
        if gathered is None:
            self._journal.add(event)
        else:
            gathered.append(event)

    def page(self, where: AuditFilter, before: int | None, limit: int) -> Page[AuditRecord, int]:
        """A page of the records that match the filter, with a position below `before`, newest first."""
        records = self.chain.page(where, before, limit + 1)
        return page_of(records, limit, lambda record: record.position)

    def names(self) -> AuditNames:
        """What the records name, for people to choose from."""
        return self.chain.names()

    def record(self, event: Event) -> None:
        """Record an event that is over."""
        if event.effect <= self._depth:
            self._journal.add(event)

    def read(self, event: Event) -> None:
        """Record that a user reads the log: of one app, or all of it. Once an hour."""
        self._readings.record(event, self._clock(), self.record)

    def refused(self, event: Event) -> None:
        """Record that credentials were refused. Many refusals become one record for each address and minute."""
        for due in self._refusals.add(event, self._clock()):
            self._journal.add(due)

    def flush(self, *, everything: bool = False) -> None:
        """Record the refusals whose minute is over, or `everything`. Call it regularly, and once at the end."""
        for due in self._refusals.due(None if everything else self._clock()):
            self._journal.add(due)


_UNKNOWN_APP = {ErrorCode.APP_NOT_FOUND, ErrorCode.INVALID_PARAMETER}
_UNKNOWN_GROUP = _UNKNOWN_APP | {ErrorCode.GROUP_NOT_FOUND, ErrorCode.INVALID_GROUP_ID}
_UNKNOWN_FACE = _UNKNOWN_GROUP | {ErrorCode.FACE_NOT_FOUND}


def _known(event: Event, result: str) -> Event:
    """The event without names of things that do not exist: clients send keys as names, and no key is logged."""
    return replace(
        event,
        app=None if result in _UNKNOWN_APP and event.app_id is None else event.app,
        group=None if result in _UNKNOWN_GROUP else event.group,
        faces=() if result in _UNKNOWN_FACE else event.faces,
    )


def _result(error: Exception) -> ErrorCode:
    return error.code if isinstance(error, ServiceError) else ErrorCode.INTERNAL


@dataclass(slots=True)
class _Window:
    event: Event
    ends: datetime
    count: int = 0


class _Refusals:
    """Counts refusals by the address that they came from."""

    def __init__(self) -> None:
        self._mutex = Lock()
        self._windows: dict[str, _Window] = {}

    def add(self, event: Event, now: datetime) -> list[Event]:
        """Count a refusal, and return the events to record now. The first of an address is recorded at once."""
        address = network_of(event.actor.address or "")
        with self._mutex:
            due = self._take_due(now)
            if address not in self._windows and len(self._windows) >= _MAX_ADDRESSES:
                address, event = "", replace(event, actor=replace(event.actor, address=None))
            window = self._windows.get(address)
            if window is None:
                self._windows[address] = _Window(event, now + REFUSAL_WINDOW)
                return [*due, event]
            window.event = event
            window.count += 1
            return due

    def due(self, now: datetime | None) -> list[Event]:
        """The events to record of windows that are over; of all windows if `now` is None."""
        with self._mutex:
            return self._take_due(now)

    def _take_due(self, now: datetime | None) -> list[Event]:
        over = [address for address, window in self._windows.items() if now is None or window.ends <= now]
        windows = [self._windows.pop(address) for address in over]
        return [replace(window.event, count=window.count) for window in windows if window.count]


class _Readings:
    """Remembers what has been read, by whom, in the hour that the clock shows."""

    def __init__(self) -> None:
        self._mutex = Lock()
        self._hour: datetime | None = None
        self._on_record: set[tuple[str | None, int | None]] = set()

    def record(self, event: Event, now: datetime, write: Callable[[Event], None]) -> None:
        """Write the first reading of an hour. Whoever reads at the same time waits until it is written."""
        hour = now.replace(minute=0, second=0, microsecond=0)
        reading = (event.actor.user, event.app_id)
        with self._mutex:
            if hour != self._hour:
                self._hour, self._on_record = hour, set()
            if reading not in self._on_record:
                write(event)
                self._on_record.add(reading)
