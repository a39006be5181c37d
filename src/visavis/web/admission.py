"""Admission of requests: a limited number of slots, and before them a bounded queue that is fair between apps."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from visavis.errors import ErrorCode, ServiceError

_UNKNOWN = 0
"""Stands for an owner that is not known yet; ids of apps begin with 1."""


class ClientGone(Exception):  # noqa: N818 - nothing went wrong here
    """The client has disconnected before its request got a slot."""


class Permit:
    """An admitted request. `granted` is done when it has a slot, and fails if it is refused after all."""

    def __init__(self, owner: int) -> None:
        self.owner = owner
        self.granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def waits(self) -> bool:
        """Whether the request is admitted, but has no slot yet."""
        return not self.granted.done()


class AdmissionQueue:
    """Admits requests and gives them slots, in rotation between their owners. For one event loop, without locks.

    A request that comes when the queue is full is refused at once, unless another owner has more requests waiting:
    then the newest of those is refused instead. So an owner that sends many requests does not delay the others.
    """

    def __init__(self, slots: int, queue: int) -> None:
        """`slots`: how many requests may run; `queue`: how many more may be admitted."""
        self._slots = self._free = slots
        self.refused = 0
        self._share = max(1, slots // 2)  # of one owner while there are others
        self._room = slots + queue
        self._waiting: dict[int, list[Permit]] = {}
        self._ready: dict[int, deque[Permit]] = {}
        self._working: Counter[int] = Counter()

    @property
    def working(self) -> int:
        """How many requests have a slot."""
        return self._slots - self._free

    @property
    def waiting(self) -> int:
        """How many requests are admitted without a slot: their body is still coming, or they wait in the queue."""
        return sum(map(len, self._waiting.values()))

    @contextmanager
    def admit(self, owner: int) -> Iterator[Permit]:
        """Admit a request of this owner until the block ends. Raises OVERLOADED."""
        if not self._room:
            self._make_room(owner)
        self._room -= 1
        permit = Permit(owner)
        self._waiting.setdefault(owner, []).append(permit)
        try:
            yield permit
        finally:
            self._leave(permit)

    @contextmanager
    def at_once(self) -> Iterator[bool]:
        """A slot until the block ends, for a request whose owner is not known yet; False if it has to be known.

        Only where nobody waits, and fewer slots are taken than any owner may have: no owner is put behind by it.
        """
        if self._waiting or self.working >= self._share or not self._room:
            yield False
            return
        self._working[_UNKNOWN] += 1
        self._free -= 1
        self._room -= 1
        try:
            yield True
        finally:
            self._working[_UNKNOWN] -= 1
            if not self._working[_UNKNOWN]:
                del self._working[_UNKNOWN]
            self._free += 1
            self._room += 1
            self._call_next()

    async def acquire(self, permit: Permit, disconnected: Callable[[], Awaitable[object]]) -> None:
        """Wait until the permit has a slot.

        `disconnected` returns when the client has disconnected. Raises ClientGone, and OVERLOADED if the request
        is refused in favour of another owner's.
        """
        if permit.waits:
            self._ready.setdefault(permit.owner, deque()).append(permit)
            self._call_next()
        if permit.waits:
            left = asyncio.ensure_future(disconnected())
            try:
                await asyncio.wait((permit.granted, left), return_when=asyncio.FIRST_COMPLETED)
            finally:
                left.cancel()
            if permit.waits:
                raise ClientGone
        permit.granted.result()

    def _call_next(self) -> None:
        """Give free slots to requests that are ready: one to each owner before an owner gets its next."""
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
            return  # another request took its room when it was refused
        self._room += 1
        self._call_next()

    def _make_room(self, owner: int) -> None:
        """Refuse the newest permit of the owner with the most waiting, if that is more than this owner has."""
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
