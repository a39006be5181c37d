"""Requests of many apps take turns: bounded, in order within an app, and fair between apps."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, suppress

import pytest

from visavis.errors import ErrorCode, ServiceError
from visavis.web.admission import AdmissionQueue, ClientGone, Permit

MANY, FEW, THIRD = 1, 2, 3


async def stays() -> None:
    await asyncio.Event().wait()


async def leaves() -> None:
    await asyncio.sleep(0)


class Desk:
    """Plays requests that work until they are told to stop, and notes who got a place when."""

    def __init__(self, slots: int, queue: int) -> None:
        self.queue = AdmissionQueue(slots, queue)
        self.served: list[int] = []
        self.refused: Counter[int] = Counter()
        self.gone: Counter[int] = Counter()
        self._done = asyncio.Semaphore(0)
        self._tasks: list[asyncio.Task[None]] = []

    async def come(self, owner: int, times: int = 1, client: Callable[[], Awaitable[None]] = stays) -> None:
        self._tasks += [asyncio.create_task(self._request(owner, client)) for _ in range(times)]
        await self.settle()

    async def finish(self, requests: int) -> None:
        for _ in range(requests):
            self._done.release()
            await self.settle()

    async def finish_all(self) -> None:
        await self.finish(len(self._tasks))
        await asyncio.gather(*self._tasks)

    @staticmethod
    async def settle() -> None:
        for _ in range(20):
            await asyncio.sleep(0)

    async def _request(self, owner: int, client: Callable[[], Awaitable[None]]) -> None:
        try:
            with self.queue.admit(owner) as permit:
                await self.queue.acquire(permit, client)
                self.served.append(owner)
                await self._done.acquire()
        except ServiceError as error:
            self.refused[owner] += error.code is ErrorCode.OVERLOADED
        except ClientGone:
            self.gone[owner] += 1


def test_what_fits_neither_places_nor_queue_is_refused_at_once() -> None:
    async def session() -> None:
        desk = Desk(slots=2, queue=3)
        await desk.come(MANY, 9)
        assert desk.refused == {MANY: 4}
        await desk.finish_all()
        assert desk.served == [MANY] * 5

    asyncio.run(session())


def test_no_queue_at_all_still_serves_one_after_the_other() -> None:
    async def session() -> None:
        desk = Desk(slots=1, queue=0)
        for _ in range(3):
            await desk.come(MANY)
            await desk.finish(1)
        assert desk.served == [MANY] * 3
        assert not desk.refused

    asyncio.run(session())


def test_an_app_that_comes_last_is_not_served_last() -> None:
    async def session() -> None:
        desk = Desk(slots=1, queue=50)
        await desk.come(MANY, 20)
        await desk.come(FEW, 3)
        await desk.come(THIRD, 1)
        await desk.finish_all()
        assert desk.served[:8] == [MANY, MANY, FEW, THIRD, MANY, FEW, MANY, FEW]
        assert Counter(desk.served) == {MANY: 20, FEW: 3, THIRD: 1}

    asyncio.run(session())


def test_an_app_that_is_alone_has_all_places() -> None:
    async def session() -> None:
        desk = Desk(slots=4, queue=50)
        await desk.come(MANY, 20)
        assert desk.served == [MANY] * 4
        await desk.finish_all()

    asyncio.run(session())


def test_an_app_that_floods_leaves_half_of_the_places_to_others_that_come() -> None:
    async def session() -> None:
        desk = Desk(slots=4, queue=50)
        await desk.come(MANY, 20)
        await desk.come(FEW, 1)
        await desk.finish(1)
        assert desk.served == [MANY] * 4 + [FEW]
        await desk.finish(2)
        assert desk.served == [MANY] * 4 + [FEW, MANY]  # and a place stays free
        await desk.come(FEW, 1)
        assert desk.served == [MANY] * 4 + [FEW, MANY, FEW]
        await desk.finish_all()
        assert Counter(desk.served) == {MANY: 20, FEW: 2}

    asyncio.run(session())


def test_a_full_queue_makes_room_for_another_app_by_sending_the_newest_of_the_flood_away() -> None:
    async def session() -> None:
        desk = Desk(slots=1, queue=10)
        await desk.come(MANY, 11)
        await desk.come(FEW, 20)
        assert desk.refused == {MANY: 5, FEW: 15}
        await desk.finish_all()
        assert Counter(desk.served) == {MANY: 6, FEW: 5}

    asyncio.run(session())


def test_a_client_that_leaves_frees_its_place_in_the_queue() -> None:
    async def session() -> None:
        desk = Desk(slots=1, queue=2)
        await desk.come(MANY)
        await desk.come(MANY, 2, leaves)
        await desk.come(MANY, 2)
        assert desk.gone == {MANY: 2}
        assert not desk.refused
        await desk.finish_all()
        assert desk.served == [MANY] * 3

    asyncio.run(session())


def test_a_request_that_fails_while_it_uploads_frees_its_place() -> None:
    async def session() -> None:
        desk = Desk(slots=1, queue=1)
        for _ in range(5):
            with suppress(ValueError), desk.queue.admit(MANY):
                raise ValueError
        await desk.come(MANY, 2)
        assert not desk.refused
        await desk.finish_all()

    asyncio.run(session())


def test_a_slow_upload_holds_no_place() -> None:
    async def session() -> None:
        desk = Desk(slots=1, queue=3)
        with desk.queue.admit(FEW):
            await desk.come(MANY, 2)
            await desk.finish(1)
            assert desk.served == [MANY, MANY]
        await desk.finish_all()

    asyncio.run(session())


def test_whoever_was_sent_away_while_it_uploaded_hears_of_it_when_it_asks_for_its_turn() -> None:
    async def session() -> None:
        queue = AdmissionQueue(slots=1, queue=2)
        with ExitStack() as requests:
            flood: list[Permit] = [requests.enter_context(queue.admit(MANY)) for _ in range(3)]
            requests.enter_context(queue.admit(FEW))
            with pytest.raises(ServiceError):
                await queue.acquire(flood[-1], stays)
            await queue.acquire(flood[0], stays)
        with ExitStack() as requests:
            for _ in range(3):
                requests.enter_context(queue.admit(MANY))

    asyncio.run(session())


def test_a_request_of_an_unknown_owner_gets_a_slot_only_where_nobody_is_put_behind_by_it() -> None:
    async def play() -> None:
        queue = AdmissionQueue(slots=4, queue=1)
        with queue.at_once() as first, queue.at_once() as second:
            assert (first, second, queue.working) == (True, True, 2)
            with queue.at_once() as third:  # more than half of the slots are nobody's share
                assert not third
        assert queue.working == 0
        with queue.admit(MANY), queue.at_once() as beside:  # somebody waits
            assert not beside
        with queue.at_once() as again:
            assert again

    asyncio.run(play())


def test_slots_of_unknown_owners_are_passed_on() -> None:
    async def play() -> None:
        queue = AdmissionQueue(slots=2, queue=5)
        with ExitStack() as stack:
            with queue.at_once() as has_slot:
                assert has_slot
                permits = [stack.enter_context(queue.admit(owner)) for owner in (MANY, FEW)]
                acquiring = [asyncio.create_task(queue.acquire(permit, stays)) for permit in permits]
                await Desk.settle()
                assert [permit.waits for permit in permits] == [False, True]
            await asyncio.gather(*acquiring)
            assert queue.working == 2
        assert (queue.working, queue.waiting) == (0, 0)

    asyncio.run(play())
