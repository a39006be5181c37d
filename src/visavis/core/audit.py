"""What is recorded of what is done, and when: before it is answered (docs/audit.md)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, TypeAlias

from visavis.audit_events import OK, Effect, Event
from visavis.core.attempts import origin
from visavis.core.ports import AuditActing, AuditChain, AuditJournal, Clock
from visavis.errors import ErrorCode, ServiceError

InThread: TypeAlias = Callable[[Callable[[], None]], Awaitable[None]]
"""Runs a call where it may wait."""

REFUSALS_TOLD_AS_ONE = timedelta(minutes=1)
"""Of one address, the first refusal is recorded at once, those that follow within this time as one."""

_MAX_ADDRESSES = 1_000
"""Addresses that are told apart at a time; what the others do is put down to one that is not named."""


class Audit:
    """Records events. What a change's own transaction carries already is not recorded again."""

    def __init__(self, journal: AuditJournal, chain: AuditChain, clock: Clock, depth: Effect) -> None:
        """`depth`: the most harmless effect that is recorded; changes always are."""
        self.journal = journal
        self.chain = chain
        self._clock = clock
        self._depth = depth
        self._refusals = _Refusals()

    @contextmanager
    def recording(self, event: Event) -> Iterator[None]:
        """Record what the block does under this event, and how it ends; for a thread that may wait.

        The record is on disk when the block has ended; an error if it cannot be put there.
        """
        with self.journal.acting(event) as acting:
            try:
                yield
            except Exception as error:
                self._finish(acting, _result(error))
                raise
            self._finish(acting, OK)

    @asynccontextmanager
    async def recording_in_loop(
        self, event: Event, in_thread: InThread, also: Mapping[type[Any], ErrorCode] | None = None
    ) -> AsyncIterator[None]:
        """The same on an event loop, which waits for `in_thread` instead of the disk.

        `also`: what errors that are none of ours are recorded as.
        """
        with self.journal.acting(event) as acting:
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
            self.journal.add(replace(_known(acting.event, result), result=result))

    def record(self, event: Event) -> None:
        """Record what has happened already."""
        if event.effect <= self._depth:
            self.journal.add(event)

    def refused(self, event: Event) -> None:
        """Record that somebody was not let in: a flood of such becomes one record a minute and address."""
        for due in self._refusals.add(event, self._clock()):
            self.journal.add(due)

    def flush(self, *, everything: bool = False) -> None:
        """Record the refusals whose minute is over; call it now and then, and for `everything` in the end."""
        for due in self._refusals.due(None if everything else self._clock()):
            self.journal.add(due)


_UNKNOWN_APP = {ErrorCode.APP_NOT_FOUND, ErrorCode.INVALID_PARAMETER}
_UNKNOWN_GROUP = _UNKNOWN_APP | {ErrorCode.GROUP_NOT_FOUND, ErrorCode.INVALID_GROUP_ID}
_UNKNOWN_FACE = _UNKNOWN_GROUP | {ErrorCode.FACE_NOT_FOUND}


def _known(event: Event, result: str) -> Event:
    """Without the names of what does not exist: people put keys where names belong, and the log keeps no key."""
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
    """Counts refusals by who they came from."""

    def __init__(self) -> None:
        self._mutex = Lock()
        self._windows: dict[str, _Window] = {}

    def add(self, event: Event, now: datetime) -> list[Event]:
        """What is to be recorded now: the first of an address at once, others when their time is over."""
        place = origin(event.actor.address or "")
        with self._mutex:
            due = self._take_due(now)
            if place not in self._windows and len(self._windows) >= _MAX_ADDRESSES:
                place, event = "", replace(event, actor=replace(event.actor, address=None))
            window = self._windows.get(place)
            if window is None:
                self._windows[place] = _Window(event, now + REFUSALS_TOLD_AS_ONE)
                return [*due, event]
            window.event = event
            window.count += 1
            return due

    def due(self, now: datetime | None) -> list[Event]:
        """What is to be recorded of windows that are over, or of all."""
        with self._mutex:
            return self._take_due(now)

    def _take_due(self, now: datetime | None) -> list[Event]:
        over = [place for place, window in self._windows.items() if now is None or window.ends <= now]
        windows = [self._windows.pop(place) for place in over]
        return [replace(window.event, count=window.count) for window in windows if window.count]
