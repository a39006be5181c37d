"""A number of slots that owners share fairly."""

from __future__ import annotations

from collections import Counter, deque
from threading import Event, Lock


class FairSlots:
    """Hands slots to one owner after the other. Thread-safe.

    While others wait, an owner gets all slots but one at most: nobody waits longer for a first slot than until the
    next one is free.
    """

    def __init__(self, count: int) -> None:
        self._count = self._free = count
        self._lock = Lock()
        self._held: Counter[str] = Counter()
        self._waiting: dict[str, deque[Event]] = {}
        self._served: dict[str, int] = {}  # when each owner was served last, in slots handed out

    @property
    def busy(self) -> int:
        """How many slots are held."""
        return self._count - self._free

    @property
    def waiting(self) -> int:
        """How many wait for a slot."""
        return sum(map(len, tuple(self._waiting.values())))

    def acquire(self, owner: str) -> None:
        """Wait for a slot."""
        handed = Event()
        with self._lock:
            self._waiting.setdefault(owner, deque()).append(handed)
            self._hand_out()
        handed.wait()

    def release(self, owner: str) -> None:
        """Give a slot of this owner back."""
        with self._lock:
            self._held[owner] -= 1
            if not self._held[owner]:
                del self._held[owner]
            self._free += 1
            self._hand_out()
            if not self._held:
                self._served.clear()

    def _hand_out(self) -> None:
        while self._free and self._waiting:
            owner = min(filter(self._may_have_more, self._waiting), key=self._had)
            line = self._waiting[owner]
            line.popleft().set()
            if not line:
                del self._waiting[owner]
            self._held[owner] += 1
            self._free -= 1
            self._served[owner] = 1 + max(self._served.values(), default=0)

    def _had(self, owner: str) -> tuple[int, int]:
        """The key of fairness: the owner with the lowest is next."""
        return self._held[owner], self._served.get(owner, 0)

    def _may_have_more(self, owner: str) -> bool:
        return len(self._waiting) == 1 or self._count == 1 or self._held[owner] < self._count - 1
