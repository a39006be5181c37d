"""Result files: one JSON object for each benchmark, and its plots as SVG beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.plots import draw
from benchmarks.report import Figure, Report

RESULTS = Path(__file__).with_name("results")
"""Full runs; quick ones go to `quick/` below it, which is not part of the repository."""


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
