"""Group commit: rows of many threads are written in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Lock
from typing import Generic, TypeVar

Row = TypeVar("Row")


class _Batch(Generic[Row]):
    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.done = Event()
        self.error: BaseException | None = None


class GroupCommit(Generic[Row]):
    """Collects rows in a batch while the previous batch is written.

    The thread that opens a batch writes it. So a single row does not wait, and a thousand rows at once take a few
    transactions.
    """

    def __init__(self, write: Callable[[list[Row]], None]) -> None:
        """`write` puts rows on disk, all or none."""
        self._write = write
        self._mutex = Lock()
        self._writing = Lock()
        self._gathering: _Batch[Row] | None = None

    def add(self, *rows: Row) -> None:
        """Write rows; return when they are on disk, all or none. Raises the error of `write` if it failed."""
        with self._mutex:
            batch = self._gathering
            leads = batch is None
            if batch is None:
                batch = self._gathering = _Batch()
            batch.rows.extend(rows)
        if leads:
            self._lead(batch)
        else:
            batch.done.wait()
            if batch.error is not None:
                raise batch.error

    def _lead(self, batch: _Batch[Row]) -> None:
        with self._writing:
            with self._mutex:
                self._gathering = None
            try:
                self._write(batch.rows)
            except BaseException as error:
                batch.error = error
                raise
            finally:
                batch.done.set()
