"""A lock for each group: one writer at a time in this process, before it takes a database connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class KeyedLock:
    """A lock for each key, which exists as long as a thread holds it or waits for it.

    Writers of one group wait for each other here and not in the database, where each would hold a connection. So
    many writers of one group leave connections for the others.
    """

    def __init__(self) -> None:
        self._mutex = Lock()
        self._locks: dict[int, tuple[Lock, int]] = {}

    @contextmanager
    def hold(self, key: int) -> Iterator[None]:
        """Wait for the lock of this key, and hold it until the block ends."""
        with self._mutex:
            lock, count = self._locks.get(key, (Lock(), 0))
            self._locks[key] = lock, count + 1
        try:
            with lock:
                yield
        finally:
            with self._mutex:
                lock, count = self._locks.pop(key)
                if count > 1:
                    self._locks[key] = lock, count - 1
