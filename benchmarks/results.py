"""Result files: one JSON object for each benchmark, and its plots as SVG beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.machine import this_machine
from benchmarks.plots import draw
from benchmarks.report import Figure, Report

RESULTS = Path(__file__).with_name("results")
"""Full runs; quick ones go to `quick/` below it, which is not part of the repository."""


def described(name: str, report: Report, *, quick: bool, seconds: float) -> dict[str, Figure]:
    """The report as it is kept: with its name, the time and the machine."""
    return {
        "benchmark": name,
        "quick": quick,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 1),
        "machine": this_machine().as_json(),
        **report.as_json(),
    }


def write(name: str, result: Mapping[str, Figure], report: Report) -> list[Path]:
    """Write `result`, and the report's plots; the files written."""
    directory = RESULTS / "quick" if result["quick"] else RESULTS
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / f"{name}.json"
    file.write_text(f"{as_text(result)}\n", encoding="utf-8")
    pictures = [directory / f"{name}-{plot.name}.svg" for plot in report.plots]
    for path, plot in zip(pictures, report.plots, strict=True):
        draw(plot, path)
    return [file, *pictures]


def read(name: str) -> dict[str, Any] | None:
    """The last full run that was kept, None if there is none."""
    file = RESULTS / f"{name}.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None


def as_text(result: Mapping[str, Figure]) -> str:
    return json.dumps(result, ensure_ascii=False, indent=1, allow_nan=False)
