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


def test_every_name_leads_to_a_benchmark_that_make_bench_runs_or_make_peers() -> None:
    [line] = [
        line for line in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines() if "BENCHMARKS ?=" in line
    ]
    assert [*line.partition("=")[2].split(), Name.PEERS] == list(Name)
    assert all(find_spec(f"benchmarks.{name}") for name in Name)


def test_data_is_for_those_who_measure_on_it_alone(tmp_path: Path) -> None:
    called = [sys.executable, "-m", "benchmarks", "http", "--data", str(tmp_path)]
    done = subprocess.run(called, check=False, capture_output=True, text=True, cwd=ROOT)  # noqa: S603 - our own
    assert done.returncode == 2
    assert "takes no data" in done.stderr
