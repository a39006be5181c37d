"""What a group costs as it grows: searching it, loading it, keeping it in memory."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.console import progress
from benchmarks.report import Report
from benchmarks.scale.budget import measure_budget
from benchmarks.scale.galleries import Galleries
from benchmarks.scale.measure import measure
from benchmarks.scale.present import report

FULL = (1_000, 10_000, 100_000, 1_000_000)
QUICK = (1_000, 10_000, 100_000)


def run(*, quick: bool) -> Report:
    """Groups of 512-d faces in a real data directory: sealed templates in SQLite."""
    with tempfile.TemporaryDirectory(prefix="visavis-scale-") as directory:
        galleries = Galleries(Path(directory))
        sizes = []
        for faces in QUICK if quick else FULL:
            progress.print(f"{faces:,} faces")
            sizes.append(measure(galleries, faces))
        progress.print("eviction")
        return report(sizes, *measure_budget(galleries, cold_faces=100_000))
