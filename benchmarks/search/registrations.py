"""How long searches take while others register faces in the same group."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from benchmarks.faces import Crowd
from benchmarks.timing import Timing, collector_off
from visavis.index.vector_index import VectorIndex
from visavis.types import Embedding

A_SECOND = 50


def busy_and_quiet(index: VectorIndex, people: Crowd, k: int, seconds: float) -> tuple[Timing, Timing]:
    """Searches one after the other for `seconds` with nobody writing, then for as long with `A_SECOND` writes."""
    quiet = _searches(index, people.probes, k, seconds)
    with _registrations(index, people.gallery):
        return quiet, _searches(index, people.probes, k, seconds)


def _searches(index: VectorIndex, probes: Embedding, k: int, seconds: float) -> Timing:
    taken: list[float] = []
    with collector_off():
        end = time.perf_counter() + seconds
        while (start := time.perf_counter()) < end:
            index.snapshot.search(probes[len(taken) % len(probes)], k, -1.0)
            taken.append(time.perf_counter() - start)
    return Timing(taken)


@contextmanager
def _registrations(index: VectorIndex, faces: Embedding) -> Iterator[None]:
    """Appends faces one at a time at a steady rate, as new faces, in a thread of their own."""
    done = threading.Event()

    def register() -> None:
        due = time.perf_counter()
        row = 0
        while not done.wait(max(due - time.perf_counter(), 0)):
            version = index.snapshot.version + 1
            index.update(version, [(np.array([version]), faces[row : row + 1])])
            row = (row + 1) % len(faces)
            due += 1 / A_SECOND

    thread = threading.Thread(target=register)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
