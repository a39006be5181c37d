"""Calls that change nothing: computed one after the other by one thread, and recorded together.

Python computes in one thread at a time. Threads that hand over to each other at every statement of the database
spend more on that than on their work: eight clients got less done than one (decision 0090).
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar, cast

from visavis.audit_events import Event
from visavis.core.audit import Audit
from visavis.web.outcome import Outcome

Result = TypeVar("Result")

PATIENCE_S: Final = 0.01
"""After this time without a finished call another thread helps; after this time a thread answers what it has.

Most calls take a millisecond.
"""

LONG_S: Final = 0.01
"""How much processor time a call takes that is expected to take long the next time."""

_MOST_KINDS = 1_000
"""How many kinds of calls that take long are remembered."""


@dataclass(slots=True, eq=False)
class _Job:
    call: Callable[[], object]
    kind: Hashable
    context: Context
    answered: asyncio.Future[None]
    outcome: Outcome[Any] = field(default_factory=Outcome)
    events: list[Event] = field(default_factory=list)


class Batches:
    """Threads for calls that change nothing. For one event loop.

    A thread works through the calls that wait, writes their events to the audit log in one transaction, and
    answers them. If a call takes long, as a search in a large group does, another thread goes on with the others,
    and the next call of its kind gets a thread of its own.
    """

    def __init__(self, audit: Audit, threads: int, at_a_time: int) -> None:
        """`threads`: how many there are at most; `at_a_time`: how many work while none takes long."""
        self._audit = audit
        self._at_a_time = at_a_time
        self._threads = ThreadPoolExecutor(threads, "records")
        self._most_working = threads
        self._working = 0
        self._waiting: deque[_Job] = deque()
        self._finished: deque[_Job] = deque()
        self._long: set[Hashable] = set()
        self._progress = 0
        self._watch: asyncio.TimerHandle | None = None

    async def run(self, call: Callable[[], Result], kind: Hashable) -> Result:
        """Run the call. Its events are on disk when this returns or raises.

        Raises INTERNAL or OVERLOADED if they cannot be. Calls of one `kind` are expected to take about as long.
        """
        loop = asyncio.get_running_loop()
        job = _Job(call, kind, copy_context(), loop.create_future())
        if kind in self._long:
            self._threads.submit(self._work_alone, loop, job)
        else:
            self._waiting.append(job)
            if self._working < self._at_a_time:
                self._begin(loop)
            elif self._watch is None:
                self._watch_over(loop)
        await job.answered
        return cast("Result", job.outcome.taken())

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        self._threads.submit(self._work, loop)
        self._working += 1

    def _watch_over(self, loop: asyncio.AbstractEventLoop) -> None:
        self._watch = loop.call_later(PATIENCE_S, self._help, loop, self._progress)

    def _help(self, loop: asyncio.AbstractEventLoop, progress: int) -> None:
        """Begin with another thread if none has got on since there was this progress."""
        self._watch = None
        if self._waiting or self._finished:
            if self._progress == progress and self._working < self._most_working:
                self._begin(loop)
            self._watch_over(loop)

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        """In a thread: run calls that wait; then record what all threads have finished, and answer it."""
        begun = time.perf_counter()
        while time.perf_counter() - begun < PATIENCE_S and (job := _next(self._waiting)):
            self._run(job)
            self._finished.append(job)
            self._progress += 1  # by any of these threads: it matters only that it changes
        jobs = list(iter(lambda: _next(self._finished), None))
        without_events = [job for job in jobs if not job.events]
        if 0 < len(without_events) < len(jobs):  # they need not wait for the disk
            loop.call_soon_threadsafe(_answer, without_events)
        self._record(jobs)
        self._progress += 1
        loop.call_soon_threadsafe(self._end, loop, jobs)

    def _end(self, loop: asyncio.AbstractEventLoop, jobs: Sequence[_Job]) -> None:
        self._working -= 1
        _answer(jobs)
        if self._waiting and self._working < self._at_a_time:
            self._begin(loop)

    def _work_alone(self, loop: asyncio.AbstractEventLoop, job: _Job) -> None:
        """In a thread: run a call that is expected to take long."""
        self._run(job)
        self._record([job])
        loop.call_soon_threadsafe(_answer, [job])

    def _run(self, job: _Job) -> None:
        # Its processor time: on a busy machine every call waits long, and more threads would make that worse.
        start = time.thread_time()
        job.outcome = job.context.run(self._audit.gather, job.events, lambda: Outcome.of(job.call))
        if time.thread_time() - start > LONG_S:
            if len(self._long) >= _MOST_KINDS:
                self._long.pop()
            self._long.add(job.kind)
        elif job.outcome.error is None:  # what is refused says nothing about others of its kind
            self._long.discard(job.kind)

    def _record(self, jobs: Sequence[_Job]) -> None:
        recorded = [job for job in jobs if job.events]
        if not recorded:
            return
        events = [event for job in recorded for event in job.events]
        # The write is a span of one of these requests, the first, in traces.
        written = recorded[0].context.run(Outcome.of, lambda: self._audit.add(events))
        if written.error is not None:
            for job in recorded:
                job.outcome = Outcome(error=written.error)


def _answer(jobs: Sequence[_Job]) -> None:
    for job in jobs:
        if not job.answered.done():  # whoever waited may have left
            job.answered.set_result(None)


def _next(jobs: deque[_Job]) -> _Job | None:
    try:
        return jobs.popleft()
    except IndexError:
        return None
