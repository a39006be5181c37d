"""Calls that change nothing are recorded together before any is answered, and none holds up the others."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from threading import Barrier, Event
from typing import Any

import pytest

from tests.fakes.journal import FakeChain, FakeJournal
from visavis.audit_events import Actor, ActorKind, Effect
from visavis.audit_events import Event as AuditEvent
from visavis.core.audit import Audit
from visavis.errors import ErrorCode, ServiceError
from visavis.web import batches
from visavis.web.batches import Batches

SOON_S = 30
"""For what must happen soon, on a machine that may be busy."""


def event_of(name: str) -> AuditEvent:
    return AuditEvent(actor=Actor(kind=ActorKind.APP), operation=name, effect=Effect.USE)


@dataclass
class Log(FakeJournal):
    """Notes what is written together, and can hold writes up or fail them."""

    together: list[list[str]] = field(default_factory=list)
    open: Event = field(default_factory=Event)
    fails: bool = False

    def add(self, *events: AuditEvent) -> None:
        assert self.open.wait(SOON_S)
        if self.fails:
            raise ServiceError(ErrorCode.INTERNAL, "The disk of the database is full.")
        self.together.append([event.operation for event in events])
        super().add(*events)


class Room:
    """The calls of one test. `begun` is set when the first call runs; it goes on when `go` is set."""

    def __init__(self, at_a_time: int = 1) -> None:
        self.log = Log(clock=lambda: datetime.now(UTC))
        self.log.open.set()
        self.audit = Audit(self.log, FakeChain(self.log), self.log.clock, Effect.USE)
        self.batches = Batches(self.audit, threads=8, at_a_time=at_a_time)
        self.begun, self.go = Event(), Event()

    def ask(self, call: Callable[[], Any], kind: str = "any") -> asyncio.Task[Any]:
        return asyncio.ensure_future(self.batches.run(call, kind))

    def search(self, name: str) -> str:
        with self.audit.recording(event_of(name)):
            return name

    def failing(self, name: str) -> None:
        with self.audit.recording(event_of(name)):
            raise ServiceError(ErrorCode.FACE_NOT_FOUND, "There is no such face.")

    def held(self, name: str) -> str:
        self.begun.set()
        assert self.go.wait(SOON_S)
        return self.search(name)


async def happens(event: Event) -> None:
    assert await asyncio.to_thread(event.wait, SOON_S)


async def all_of(tasks: Sequence[asyncio.Task[Any]]) -> list[Any]:
    return await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), SOON_S)


def test_calls_that_come_while_one_runs_are_recorded_with_it_in_their_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batches, "PATIENCE_S", SOON_S)

    async def scene() -> None:
        room = Room()
        first = room.ask(lambda: room.held("first"))
        await happens(room.begun)
        others = [room.ask(partial(room.search, name)) for name in ("second", "third")]
        await asyncio.sleep(0)
        room.go.set()
        assert await all_of([first, *others]) == ["first", "second", "third"]
        assert room.log.together == [["first", "second", "third"]]

    asyncio.run(scene())


def test_no_call_is_answered_before_its_record_is_on_disk() -> None:
    async def scene() -> None:
        room = Room()
        room.log.open.clear()
        asked = [room.ask(lambda: room.search("search")), room.ask(lambda: room.failing("failing"))]
        done, _ = await asyncio.wait(asked, timeout=0.2)
        assert not done
        room.log.open.set()
        found, error = await all_of(asked)
        assert found == "search"
        assert isinstance(error, ServiceError)
        assert error.code is ErrorCode.FACE_NOT_FOUND
        assert sorted(chain.from_iterable(room.log.together)) == ["failing", "search"]

    asyncio.run(scene())


def test_what_cannot_be_recorded_is_not_answered_and_what_records_nothing_is() -> None:
    async def scene() -> None:
        room = Room()
        room.log.fails = True
        found, listed = await all_of([room.ask(lambda: room.search("search")), room.ask(lambda: "list")])
        assert isinstance(found, ServiceError)
        assert (found.code, found.detail) == (ErrorCode.INTERNAL, "The disk of the database is full.")
        assert listed == "list"

    asyncio.run(scene())


def test_an_error_goes_to_its_own_caller_alone() -> None:
    async def scene() -> None:
        room = Room()

        def bug() -> None:
            raise ZeroDivisionError

        one, two, three = await all_of(
            [room.ask(lambda: room.search("one")), room.ask(bug), room.ask(lambda: room.failing("three"))]
        )
        assert one == "one"
        assert isinstance(two, ZeroDivisionError)
        assert isinstance(three, ServiceError)

    asyncio.run(scene())


def test_what_records_nothing_does_not_wait_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "PATIENCE_S", SOON_S)

    async def scene() -> None:
        room = Room()
        room.log.open.clear()
        search = room.ask(lambda: room.held("search"))
        await happens(room.begun)
        listed = room.ask(lambda: "list")
        await asyncio.sleep(0)
        room.go.set()
        assert await all_of([listed]) == ["list"]
        assert not search.done()
        room.log.open.set()
        assert await all_of([search]) == ["search"]

    asyncio.run(scene())


def slow() -> None:
    """Takes long by its own work, and not by waiting."""
    end = time.thread_time() + 2 * batches.LONG_S
    while time.thread_time() < end:
        pass


class Panic(BaseException):
    """As extensions in Rust raise it."""


@pytest.mark.parametrize("error", [Panic(), MemoryError(), asyncio.CancelledError()], ids=repr)
def test_no_error_of_a_call_ends_the_thread(error: BaseException) -> None:
    async def scene() -> None:
        room = Room()

        def broken() -> None:
            raise error

        # A task would take some of these for its own end.
        with pytest.raises(type(error)):
            await asyncio.wait_for(room.batches.run(broken, "any"), SOON_S)
        assert await all_of([room.ask(lambda: room.search("next"))]) == ["next"]

    asyncio.run(scene())


def test_threads_for_long_calls_do_not_hide_that_the_others_wait() -> None:
    async def scene() -> None:
        room, over = Room(), Event()

        await all_of([room.ask(slow, "slow")])

        async def keep_on() -> None:
            while not over.is_set():
                await room.batches.run(slow, "slow")

        noise = [asyncio.ensure_future(keep_on()) for _ in range(6)]
        long = room.ask(lambda: room.held("long"), "long")
        await happens(room.begun)
        assert await all_of([room.ask(lambda: room.search("short"), "short")]) == ["short"]
        assert not long.done()
        over.set()
        room.go.set()
        await all_of([long, *noise])

    asyncio.run(scene())


def test_a_refusal_does_not_make_a_kind_short_and_no_number_of_kinds_hides_a_long_one() -> None:
    async def scene() -> None:
        room = Room()

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(batches, "_MOST_KINDS", 2)
            for kind in ("a", "b", "c"):
                await all_of([room.ask(slow, kind)])
        await all_of([room.ask(lambda: room.failing("refused"), "c")])
        meeting = Barrier(2)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(batches, "PATIENCE_S", SOON_S)
            met = await all_of([room.ask(lambda: meeting.wait(SOON_S), "c") for _ in range(2)])
        assert sorted(met) == [0, 1]

    asyncio.run(scene())


def test_calls_go_on_beside_one_that_takes_long() -> None:
    async def scene() -> None:
        room = Room()
        long = room.ask(lambda: room.held("long"), "long")
        await happens(room.begun)
        assert await all_of([room.ask(lambda: room.search("short"), "short")]) == ["short"]
        assert not long.done()
        room.go.set()
        assert await all_of([long]) == ["long"]

    asyncio.run(scene())


def test_calls_that_have_finished_do_not_wait_for_one_of_their_batch_that_takes_long() -> None:
    async def scene() -> None:
        room = Room()
        gate = Event()

        def quick() -> str:
            assert gate.wait(SOON_S)
            return room.search("quick")

        first = room.ask(quick, "quick")
        long = room.ask(lambda: room.held("long"), "long")
        await asyncio.sleep(0)
        gate.set()
        assert await all_of([first]) == ["quick"]
        room.go.set()
        assert await all_of([long]) == ["long"]

    asyncio.run(scene())


def test_the_next_calls_of_a_kind_that_takes_long_run_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        room = Room()
        await all_of([room.ask(slow, "long")])
        monkeypatch.setattr(batches, "PATIENCE_S", SOON_S)  # nobody comes to help from here on
        meeting = Barrier(3)
        assert sorted(await all_of([room.ask(lambda: meeting.wait(SOON_S), "long") for _ in range(3)])) == [
            0,
            1,
            2,
        ]
        # They were quick this time, so the next ones are worked through by one thread again.
        first = room.ask(lambda: room.held("first"), "long")
        await happens(room.begun)
        second = room.ask(lambda: room.search("second"), "long")
        await asyncio.sleep(0)
        room.go.set()
        await all_of([first, second])
        assert room.log.together[-1] == ["first", "second"]

    asyncio.run(scene())


def test_a_call_that_waits_is_not_taken_for_one_that_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        room = Room()
        await all_of([room.ask(lambda: time.sleep(3 * batches.LONG_S), "any")])
        monkeypatch.setattr(batches, "PATIENCE_S", SOON_S)
        first = room.ask(lambda: room.held("first"))
        await happens(room.begun)
        second = room.ask(lambda: room.search("second"))
        await asyncio.sleep(0)
        room.go.set()
        await all_of([first, second])
        assert room.log.together == [["first", "second"]]

    asyncio.run(scene())


def test_so_many_threads_work_at_a_time_as_the_database_is_worth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "PATIENCE_S", SOON_S)

    async def scene() -> None:
        room, meeting = Room(at_a_time=2), Barrier(2)
        assert sorted(await all_of([room.ask(lambda: meeting.wait(SOON_S)) for _ in range(2)])) == [0, 1]

    asyncio.run(scene())


def test_a_caller_that_leaves_takes_no_answer_from_the_others() -> None:
    async def scene() -> None:
        room = Room()
        leaving = room.ask(lambda: room.held("leaving"))
        await happens(room.begun)
        staying = room.ask(lambda: room.search("staying"))
        leaving.cancel()
        room.go.set()
        assert (await all_of([staying, leaving]))[0] == "staying"
        assert sorted(chain.from_iterable(room.log.together)) == ["leaving", "staying"]

    asyncio.run(scene())
