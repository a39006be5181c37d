"""What a process holds, seen from outside."""

from __future__ import annotations

import time
from dataclasses import dataclass

import psutil

_MB = 1e6


@dataclass(frozen=True, slots=True)
class Sample:
    """A moment of a process: memory in MB, and what it has open."""

    at: float
    rss_mb: float
    uss_mb: float
    descriptors: int
    threads: int


def sample(process: psutil.Process) -> Sample:
    with process.oneshot():
        memory = process.memory_full_info()
        return Sample(
            time.monotonic(), memory.rss / _MB, memory.uss / _MB, process.num_fds(), process.num_threads()
        )
