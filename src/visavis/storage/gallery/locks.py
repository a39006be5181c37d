"""One writer of a group at a time in this process, before it takes a connection to the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class GroupTurns:
    """Writers of one group wait for each other here, not in the database, where each would hold a connection.

    So however many write to one group, the connections are there for the others.
    """

    def __init__(self) -> None:
        self._mutex = Lock()
        self._waiting: dict[int, tuple[Lock, int]] = {}

    @contextmanager
    def of(self, group_id: int) -> Iterator[None]:
        """Wait for the turn of this group, and have it until the block ends."""
        with self._mutex:
            turn, count = self._waiting.get(group_id, (Lock(), 0))
            self._waiting[group_id] = turn, count + 1
        try:
            with turn:
                yield
        finally:
            with self._mutex:
                turn, count = self._waiting.pop(group_id)
                if count > 1:
                    self._waiting[group_id] = turn, count - 1
