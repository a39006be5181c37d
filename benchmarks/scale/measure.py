"""One size: filled, loaded, searched."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.console import progress
from benchmarks.floor import Reader
from benchmarks.memory import resident_bytes
from benchmarks.scale.galleries import DIMENSIONS, Galleries
from benchmarks.scale.tight_loop import TightLoop
from benchmarks.timing import Timing, collector_off, interleaved, timed
from visavis.storage.store import Storage
from visavis.types import Embedding, Group

K = 10

_LOADS = 3
_SEARCHES = 40


@dataclass(frozen=True, slots=True)
class Size:
    """What a group of `faces` faces came to."""

    faces: int
    fill_seconds: float
    load: Timing
    """The first search after a start, in which the group is loaded."""
    tight_loop: Timing
    """Reading and decrypting as many templates, in turns with the loads."""
    search: Timing
    """Later searches, as a server does them: the index, and the records of what was found."""
    floor: Timing
    """Reading as many int8 bytes, in turns with the searches."""
    resident_bytes: int | None
    """What the first load added to the process."""


def measure(galleries: Galleries, faces: int) -> Size:
    """Fill a group of `faces` faces, then load it several times and search it."""
    name = str(faces)
    probes, fill_seconds = galleries.fill(name, faces)
    progress.print("  loading and searching")
    loads, loops, growth = [], [], None
    with tempfile.TemporaryDirectory(prefix="visavis-floor-") as directory, collector_off():
        tight = TightLoop(Path(directory) / "floor.db", faces, DIMENSIONS * 4)
        for number in range(_LOADS):
            with galleries.opened() as storage:
                group = galleries.group(storage, name)
                before = resident_bytes()
                loads.append(timed(lambda: storage.gallery.search(group, probes[0], K, -1.0)))  # noqa: B023 - at once
                after = resident_bytes()
                if number == 0 and before is not None and after is not None:
                    growth = after - before
                if number == _LOADS - 1:
                    search, floor = _searches(storage, group, probes, faces)
            loops.append(timed(tight.run))
    return Size(faces, fill_seconds, Timing(loads), Timing(loops), search, floor, growth)


def _searches(storage: Storage, group: Group, probes: Embedding, faces: int) -> tuple[Timing, Timing]:
    reader = Reader(faces * DIMENSIONS)
    timings = interleaved(
        {
            "search": lambda number: storage.gallery.search(group, probes[number % len(probes)], K, -1.0),
            "floor": lambda _: reader.read(),
        },
        _SEARCHES,
    )
    return timings["search"], timings["floor"]
