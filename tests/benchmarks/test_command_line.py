"""`python -m benchmarks` as it is called."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from benchmarks.__main__ import Name

ROOT = Path(__file__).parents[2]


def test_a_name_that_is_no_benchmark_is_refused_with_a_list_of_those_that_are() -> None:
    called = [sys.executable, "-m", "benchmarks", "nonsense"]
    done = subprocess.run(called, check=False, capture_output=True, text=True, cwd=ROOT)  # noqa: S603 - our own
    assert done.returncode == 2
    assert done.stdout == ""
    assert all(name in done.stderr for name in Name)


def test_every_name_leads_to_a_benchmark_that_make_bench_runs() -> None:
    [line] = [
        line for line in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines() if "BENCHMARKS ?=" in line
    ]
    assert line.partition("=")[2].split() == list(Name)
    assert all(find_spec(f"benchmarks.{name}") for name in Name)
