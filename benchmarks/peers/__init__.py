"""Compares Visavis over HTTP with the programs that a user could run instead: one machine, the same pictures."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.peers import accuracy
from benchmarks.peers.measure import FULL, QUICK, measure
from benchmarks.peers.present import report
from benchmarks.peers.roster import ROSTER
from benchmarks.report import Report


def run(*, quick: bool, data: Path | None = None) -> Report:
    """Everybody of the roster; accuracy where `data` names the folder that has lfw-dev and ea-dev."""
    plan = QUICK if quick else FULL
    with TemporaryDirectory() as folder:
        measured = measure(ROSTER, plan, Path(folder))
    able = {name: each.versions for name, each in measured.items() if each.versions}
    accuracies = accuracy.measure(ROSTER, data, able) if data else {}
    return report(ROSTER, plan, measured, accuracies)
