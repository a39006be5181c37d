"""Who is next: a limited number of places, and before them a bounded queue that is fair between apps."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from visavis.errors import ErrorCode, ServiceError


class Gone(Exception):  # noqa: N818 - nothing went wrong here
    """The client has left before it was its turn."""


class Permit:
    """A request that was admitted; it has been refused after all if `granted` fails."""

    def __init__(self, owner: int) -> None:
        self.owner = owner
        self.granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def waits(self) -> bool:
        return not self.granted.done()


class AdmissionQueue:
    """Lets requests in, and gives them places, one owner after the other. For one event loop, without locks.

    Whoever comes when everything is full is sent away at once, unless another owner has more requests waiting:
    then the newest of those makes room. So however much one owner sends, the others are served as if it had sent
    no more than they do.
    """

    def __init__(self, slots: int, queue: int) -> None:
        """`slots`: how many may be at work; `queue`: how many more may be let in."""
        self._slots = self._free = slots
        self.refused = 0
        self._share = max(1, slots // 2)  # of one owner while there are others
        self._room = slots + queue
        self._waiting: dict[int, list[Permit]] = {}
        self._ready: dict[int, deque[Permit]] = {}
        self._working: Counter[int] = Counter()

    @property
    def working(self) -> int:
        """How many have a place."""
        return self._slots - self._free

    @property
    def waiting(self) -> int:
        """How many have been let in and have no place yet: still uploading, or waiting for their turn."""
        return sum(map(len, self._waiting.values()))

    @contextmanager
    def admit(self, owner: int) -> Iterator[Permit]:
        """Let a request in until the block ends. Raises OVERLOADED."""
        if not self._room:
            self._make_room(owner)
        self._room -= 1
        permit = Permit(owner)
        self._waiting.setdefault(owner, []).append(permit)
        try:
            yield permit
        finally:
            self._leave(permit)

    async def acquire(self, permit: Permit, gone: Callable[[], Awaitable[object]]) -> None:
        """Wait until the permit has a slot.

        `gone` returns when the client has left. Raises Gone, and OVERLOADED if others need the room more.
        """
        if permit.waits:
            self._ready.setdefault(permit.owner, deque()).append(permit)
            self._call_next()
        if permit.waits:
            left = asyncio.ensure_future(gone())
            try:
                await asyncio.wait((permit.granted, left), return_when=asyncio.FIRST_COMPLETED)
            finally:
                left.cancel()
            if permit.waits:
                raise Gone
        permit.granted.result()

    def _call_next(self) -> None:
        """Give free places to those who are ready, to one of each owner before the next of the same."""
        while self._free:
            owner = next((owner for owner in self._ready if self._may_have_more(owner)), None)
            if owner is None:
                return
            line = self._ready.pop(owner)
            permit = line.popleft()
            if line:
                self._ready[owner] = line  # behind all others
            self._remove(self._waiting, permit)
            self._working[owner] += 1
            self._free -= 1
            permit.granted.set_result(None)

    def _may_have_more(self, owner: int) -> bool:
        alone = not any(other != owner for other in (*self._waiting, *self._working))
        return alone or self._working[owner] < self._share

    def _leave(self, permit: Permit) -> None:
        if permit.waits:
            self._remove(self._waiting, permit)
            self._remove(self._ready, permit)
            permit.granted.cancel()
        elif permit.granted.exception() is None:
            self._working[permit.owner] -= 1
            if not self._working[permit.owner]:
                del self._working[permit.owner]
            self._free += 1
        else:
            return  # its room was given away when it was sent away
        self._room += 1
        self._call_next()

    def _make_room(self, owner: int) -> None:
        """Send away the newest ticket of the owner with the most that wait, if they are more than this one's."""
        most = max(self._waiting, key=lambda other: len(self._waiting[other]), default=owner)
        if len(self._waiting.get(most, ())) <= len(self._waiting.get(owner, ())) + 1:
            raise self._overloaded()
        permit = self._waiting[most][-1]
        self._remove(self._waiting, permit)
        self._remove(self._ready, permit)
        permit.granted.set_exception(self._overloaded())
        self._room += 1

    @staticmethod
    def _remove(lines: dict[int, list[Permit]] | dict[int, deque[Permit]], permit: Permit) -> None:
        line = lines.get(permit.owner)
        if line is not None and permit in line:
            line.remove(permit)
            if not line:
                del lines[permit.owner]

    def _overloaded(self) -> ServiceError:
        self.refused += 1
        return ServiceError(ErrorCode.OVERLOADED, "Too many requests are being processed; try again shortly.")
