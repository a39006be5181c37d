"""What group commit does for records of uses: threads that each wait for theirs to be on disk.

`python -m benchmarks.uses`; docs/audit.md shows its table. On SQLite and on a PostgreSQL that the script starts.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from harness.postgres import running_postgres
from visavis.audit_events import Actor, ActorKind, Effect, Event
from visavis.spans import Span
from visavis.storage.audit.journal import Journal
from visavis.storage.store import open_storage

THREADS = (1, 2, 8, 32)
SECONDS = 4.0
USE = Event(
    actor=Actor(kind=ActorKind.APP, key_id=1, address="127.0.0.1"),
    operation="search_by_face_id",
    effect=Effect.USE,
    dialect="v2.0",
    app="door",
    group="staff",
)


class Transactions:
    """Counts the write transactions of a storage."""

    def __init__(self) -> None:
        self.count = 0

    def instrument(self, span: Span) -> AbstractContextManager[None]:
        self.count += span is Span.DATABASE_WRITE
        return nullcontext()


def main() -> None:
    sys.stdout.write("| database | threads | records a second | transactions a second | median wait ms |\n")
    sys.stdout.write("|---|--:|--:|--:|--:|\n")
    with running_postgres() as postgres, TemporaryDirectory() as folder:
        for name, url in (("SQLite", None), ("PostgreSQL", postgres.new_database())):
            made = Transactions()
            opened = open_storage(Path(folder) / name, database_url=url, instrument=made.instrument)
            with closing(opened) as storage:
                for threads in THREADS:
                    sys.stdout.write(f"| {name} | {threads} | {measured(storage.journal, made, threads)} |\n")
                    sys.stdout.flush()


def measured(journal: Journal, made: Transactions, threads: int) -> str:
    """Cells of the table: what so many threads get recorded, each one record after the other."""
    made.count = 0
    end = time.perf_counter() + SECONDS

    def record() -> list[float]:
        waits = []
        while (start := time.perf_counter()) < end:
            journal.add(USE)
            waits.append(time.perf_counter() - start)
        return waits

    with ThreadPoolExecutor(threads) as pool:
        waits = [wait for each in [pool.submit(record) for _ in range(threads)] for wait in each.result()]
    return f"{len(waits) / SECONDS:,.0f} | {made.count / SECONDS:,.0f} | {median(waits) * 1e3:.1f}"


if __name__ == "__main__":
    main()
