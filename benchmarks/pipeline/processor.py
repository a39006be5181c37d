"""Processor time of this process and of the processes that it has started."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import psutil


def processor_seconds(call: Callable[[], object]) -> float:
    """Seconds of processor time that a call takes, in all threads of this process and of all its descendants.

    What a process that ends during the call has used does not count.
    """
    before = _of_descendants()
    start = time.process_time()
    call()
    own = time.process_time() - start
    return own + sum(seconds - before.get(process, 0.0) for process, seconds in _of_descendants().items())


def _of_descendants() -> dict[int, float]:
    """Seconds of processor time since its start of each process below this one, by its id."""
    return {process.pid: _of(process.pid) for process in psutil.Process().children(recursive=True)}


def _of(process: int) -> float:
    threads = Path(f"/proc/{process}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9
