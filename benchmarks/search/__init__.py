"""Exact search in one group against NumPy, vector indexes and databases, one thread each."""

from benchmarks.report import Report
from benchmarks.search.compare import FULL, QUICK, compare_all
from benchmarks.search.present import report


def run(*, quick: bool) -> Report:
    """100,000 faces of 512 and of 128 dimensions; the graphs of a quick run hold fewer."""
    plan = QUICK if quick else FULL
    return report(plan, {dimensions: compare_all(dimensions, plan) for dimensions in (512, 128)})
