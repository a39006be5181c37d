"""`python -m benchmarks.soak [--minutes 60] [--rate 4] [--clients 4] [--write]`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from benchmarks import console, results
from benchmarks.soak.measure import soak
from benchmarks.soak.present import report

_KEPT_FROM = 20.0
"""A shorter run says too little to be kept."""


def main(
    *,
    minutes: Annotated[float, typer.Option(min=0.5, help="How long.")] = 60.0,
    rate: Annotated[float, typer.Option(min=0.1, help="Actions a second, of all clients together.")] = 4.0,
    clients: Annotated[int, typer.Option(min=1, help="Clients at the same time.")] = 4,
    write: Annotated[bool, typer.Option("--write", help="Keep JSON and plots in benchmarks/results/.")] = False,
) -> None:
    """Load a server for a while; exit code 1 if an answer was not the one that was to be expected."""
    seen = soak(minutes, clients, rate)
    description = report(seen, clients, rate)
    result = results.described("soak", description, quick=minutes < _KEPT_FROM, seconds=seen.minutes * 60)
    console.show(description)
    for path in results.write("soak", result, description) if write else ():
        console.progress.print(f"Written: {path}", highlight=False, soft_wrap=True)
    for wrong, count in seen.unexpected.items():
        console.progress.print(f"{count} x {wrong}", markup=False)
    sys.exit(1 if seen.unexpected else 0)


if __name__ == "__main__":
    typer.run(main)
