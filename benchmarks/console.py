"""What people see: tables on standard output, what is going on on standard error."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table as Grid

from benchmarks.machine import this_machine
from benchmarks.report import Report

progress = Console(stderr=True)
_WIDE = 160
"""Columns for files and pipes, which have no width of their own."""


def show(report: Report) -> None:
    """Print machine, versions, tables, and the figures that are single numbers."""
    out = Console()
    if not out.is_terminal:
        out.width = _WIDE
    out.print(this_machine().sentence(), highlight=False)
    out.print(", ".join(f"{name} {number}" for name, number in (report.versions or {}).items()), highlight=False)
    for table in report.tables:
        grid = Grid(title=table.title, title_justify="left")
        for index, column in enumerate(table.columns):
            grid.add_column(column, justify="right" if index else "left")
        for row in table.rows:
            grid.add_row(*row)
        out.print(grid)
    for note in report.notes:
        out.print(note, highlight=False, markup=False)
    for name, value in report.figures.items():
        if isinstance(value, int | float):
            out.print(f"{name} = {value:.4g}", highlight=False)
