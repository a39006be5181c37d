"""Who is next: a limited number of places, and before them a bounded queue that is fair between apps."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from visavis.errors import ErrorCode, FaceError


class Gone(Exception):  # noqa: N818 - nothing went wrong here
    """The client has left before it was its turn."""


class Ticket:
    """A request that was let in; it has been sent away again if `turn` fails."""

    def __init__(self, owner: int) -> None:
        self.owner = owner
        self.turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def waits(self) -> bool:
        return not self.turn.done()


class Turns:
    """Lets requests in, and gives them places, one owner after the other. For one event loop, without locks.

    Whoever comes when everything is full is sent away at once, unless another owner has more requests waiting:
    then the newest of those makes room. So however much one owner sends, the others are served as if it had sent
    no more than they do.
    """

    def __init__(self, places: int, queue: int) -> None:
        """`places`: how many may be at work; `queue`: how many more may be let in."""
        self._places = self._free = places
        self.refused = 0
        self._share = max(1, places // 2)  # of one owner while there are others
        self._room = places + queue
        self._waiting: dict[int, list[Ticket]] = {}
        self._ready: dict[int, deque[Ticket]] = {}
        self._working: Counter[int] = Counter()

    @property
    def working(self) -> int:
        """How many have a place."""
        return self._places - self._free

    @property
    def waiting(self) -> int:
        """How many have been let in and have no place yet: still uploading, or waiting for their turn."""
        return sum(map(len, self._waiting.values()))

    @contextmanager
    def ticket(self, owner: int) -> Iterator[Ticket]:
        """Let a request in until the block ends. Raises OVERLOADED."""
        if not self._room:
            self._make_room(owner)
        self._room -= 1
        ticket = Ticket(owner)
        self._waiting.setdefault(owner, []).append(ticket)
        try:
            yield ticket
        finally:
            self._leave(ticket)

    async def turn(self, ticket: Ticket, gone: Callable[[], Awaitable[object]]) -> None:
        """Wait until it is the ticket's turn; from then on it has a place.

        `gone` returns when the client has left. Raises Gone, and OVERLOADED if others need the room more.
        """
        if ticket.waits:
            self._ready.setdefault(ticket.owner, deque()).append(ticket)
            self._call_next()
        if ticket.waits:
            left = asyncio.ensure_future(gone())
            try:
                await asyncio.wait((ticket.turn, left), return_when=asyncio.FIRST_COMPLETED)
            finally:
                left.cancel()
            if ticket.waits:
                raise Gone
        ticket.turn.result()

    def _call_next(self) -> None:
        """Give free places to those who are ready, to one of each owner before the next of the same."""
        while self._free:
            owner = next((owner for owner in self._ready if self._may_have_more(owner)), None)
            if owner is None:
                return
            line = self._ready.pop(owner)
            ticket = line.popleft()
            if line:
                self._ready[owner] = line  # behind all others
            self._remove(self._waiting, ticket)
            self._working[owner] += 1
            self._free -= 1
            ticket.turn.set_result(None)

    def _may_have_more(self, owner: int) -> bool:
        alone = not any(other != owner for other in (*self._waiting, *self._working))
        return alone or self._working[owner] < self._share

    def _leave(self, ticket: Ticket) -> None:
        if ticket.waits:
            self._remove(self._waiting, ticket)
            self._remove(self._ready, ticket)
            ticket.turn.cancel()
        elif ticket.turn.exception() is None:
            self._working[ticket.owner] -= 1
            if not self._working[ticket.owner]:
                del self._working[ticket.owner]
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
        ticket = self._waiting[most][-1]
        self._remove(self._waiting, ticket)
        self._remove(self._ready, ticket)
        ticket.turn.set_exception(self._overloaded())
        self._room += 1

    @staticmethod
    def _remove(lines: dict[int, list[Ticket]] | dict[int, deque[Ticket]], ticket: Ticket) -> None:
        line = lines.get(ticket.owner)
        if line is not None and ticket in line:
            line.remove(ticket)
            if not line:
                del lines[ticket.owner]

    def _overloaded(self) -> FaceError:
        self.refused += 1
        return FaceError(ErrorCode.OVERLOADED, "Too many requests are being processed; try again shortly.")
