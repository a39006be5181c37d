"""More groups than the budget of memory holds: what is kept, what a return costs, and who waits for whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from threading import Thread
from time import perf_counter

from benchmarks.memory import resident_bytes
from benchmarks.scale.galleries import Galleries
from benchmarks.timing import Timing, collector_off, timed
from visavis.storage.store import Storage
from visavis.types import Embedding

K = 10

GROUPS = 6
FACES = 5_000
BUDGET_BYTES = 32 << 20
"""Room for two of the groups."""

_TURNS = 3


@dataclass(frozen=True, slots=True)
class Turns:
    """The groups searched one after the other, `_TURNS` times over."""

    first: Timing
    """Searches that had to load their group, and push out another."""
    again: Timing
    """The next search of the same group."""
    resident_bytes: int | None
    """The most that the process grew by."""


@dataclass(frozen=True, slots=True)
class Beside:
    """Searches of a loaded group of `FACES` faces, one after the other."""

    quiet: Timing
    loading: Timing
    """While somebody's first search loads a group of `cold_faces` faces."""
    cold_faces: int


def measure_budget(galleries: Galleries, cold_faces: int) -> tuple[Turns, Beside]:
    """`cold_faces` is the size of a group that is there already, and named by it."""
    probes = {name: galleries.fill(name, FACES)[0][0] for name in (f"budget {number}" for number in range(GROUPS))}
    with collector_off():
        return _turns(galleries, probes), _beside(galleries, *next(iter(probes.items())), cold_faces)


def _turns(galleries: Galleries, probes: dict[str, Embedding]) -> Turns:
    first: list[float] = []
    again: list[float] = []
    with galleries.opened(BUDGET_BYTES) as storage:
        searches = [_search(galleries, storage, name, probe) for name, probe in probes.items()]
        residents = [resident_bytes()]
        for search in searches * _TURNS:
            first.append(timed(search))
            again.append(timed(search))
            residents.append(resident_bytes())
    known = [value for value in residents if value is not None]
    return Turns(Timing(first), Timing(again), max(known) - known[0] if known else None)


def _beside(galleries: Galleries, name: str, probe: Embedding, cold_faces: int) -> Beside:
    with galleries.opened() as storage:
        warm = _search(galleries, storage, name, probe)
        warm()
        loading = Thread(target=_search(galleries, storage, str(cold_faces), probe))
        end = perf_counter() + 1
        quiet = _while(lambda: perf_counter() < end, warm)
        loading.start()
        return Beside(quiet, _while(loading.is_alive, warm), cold_faces)


def _search(galleries: Galleries, storage: Storage, name: str, probe: Embedding) -> Callable[[], object]:
    return partial(storage.gallery.search, galleries.group(storage, name), probe, K, -1.0)


def _while(condition: Callable[[], bool], call: Callable[[], object]) -> Timing:
    taken = [timed(call)]
    while condition():
        taken.append(timed(call))
    return Timing(taken)
