"""What tags and sets cost: registering, loading, searching and listing, in CPU time, beside another version.

    git worktree add /tmp/before COMMIT
    python -m benchmarks.proofs --before /tmp/before

Each round starts a process of either version in turn, so that both have the machine as it is. Printed are the
minima, which other work on the machine disturbs least, and their ratio.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from time import process_time
from uuid import uuid4

import numpy as np

from visavis.identities import KeyKind
from visavis.storage.store import open_storage
from visavis.types import Box, FaceFilter, NewFace

FACES, WIDTH, SINGLES, SEARCHES = 20_000, 257, 300, 300


def measure() -> dict[str, float]:
    """Microseconds of CPU time each, in this process, with whatever version it imports."""
    rows = np.random.default_rng(7).standard_normal((FACES + SINGLES, WIDTH)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    box = Box(0.1, 0.2, 0.3, 0.4)
    faces = [NewFace(str(uuid4()), str(uuid4()), f"p{number}", box, 0.9, row) for number, row in enumerate(rows)]
    found: dict[str, float] = {}

    with tempfile.TemporaryDirectory() as folder:
        storage = open_storage(Path(folder))
        app = storage.apps.create_app("app", {KeyKind.APP_KEY: "key"})
        group = storage.gallery.create_group(app, "group", "sface", quota=10)

        def timed(name: str, per_call: int, calls: Iterable[Callable[[], object]]) -> None:
            """Keep the least of the calls, which other work on the machine has disturbed least."""
            spent = []
            for call in calls:
                begun = process_time()
                call()
                spent.append(process_time() - begun)
            found[name] = min(spent) / per_call * 1e6

        def load() -> None:
            storage.index_cache.evict(group.id)
            storage.gallery.search(group, rows[0], 1, 0.9)

        def register(start: int, count: int, at_once: int) -> None:
            for first in range(start, start + count, at_once):
                storage.gallery.add(group, faces[first : first + at_once], 1_000_000)

        gallery, now = storage.gallery, app.created_at
        many = [partial(register, start, 1000, 1000) for start in range(0, FACES, 1000)]
        timed("register, 1000 at once", 1000, many)
        few = [partial(register, start, 20, 1) for start in range(FACES, FACES + SINGLES, 20)]
        timed("register, one at a time", 20, few)
        timed("load", FACES + SINGLES, [load] * 12)
        timed("search for 10", 1, [partial(gallery.search, group, row, 10, -1.0) for row in rows[:SEARCHES]])
        timed("list 100", 1, [partial(gallery.list_faces, group, FaceFilter(), None, 100)] * 200)
        timed("find a group", 1, [partial(gallery.require_group, app, "group")] * 500)
        timed("recognise a key", 1, [partial(storage.apps.callers, {KeyKind.APP_KEY: "key"}, now)] * 500)
        storage.close()
    return found


def compare(before: Path, rounds: int) -> None:
    """Print a table of both versions."""
    here = Path(__file__).parent.parent
    results: dict[Path, list[dict[str, float]]] = {before: [], here: []}
    for _ in range(rounds):
        for tree, of_tree in results.items():
            environment = {**os.environ, "PYTHONPATH": str(tree / "src")}
            command = [sys.executable, str(Path(__file__)), "--one"]
            done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)  # noqa: S603
            of_tree.append(json.loads(done.stdout))
    sys.stdout.write(f"{'CPU time, us each':28}{'before':>10}{'now':>10}{'ratio':>8}\n")
    for name in results[here][0]:
        was, is_ = (min(each[name] for each in results[tree]) for tree in (before, here))
        sys.stdout.write(f"{name:28}{was:10.1f}{is_:10.1f}{is_ / was:8.2f}\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", type=Path, help="the tree of the other version")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--one", action="store_true", help="measure this version alone, as JSON")
    given = parser.parse_args()
    if given.one:
        sys.stdout.write(json.dumps(measure()))
    else:
        compare(given.before, given.rounds)
