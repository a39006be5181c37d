"""Hundreds of kills: `python -m benchmarks.crash [--kills 500] [--servers 60] [--seed 1] [--write]`; `make crash`.

What is killed, and what is checked after each kill, is in harness/kills; CI runs a small sample of the same.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from benchmarks import console, results
from benchmarks.machine import versions_of
from benchmarks.report import Figure, Report, Table
from benchmarks.timing import Timing
from harness.kills.killing import Kills, kill_again_and_again
from harness.kills.serving import kill_servers
from harness.postgres import running_postgres
from harness.storage.place import Place

_KEPT_FROM = 100
"""Fewer kills say too little to be kept."""


def main(
    *,
    kills: Annotated[int, typer.Option(min=1, help="Kills of a writing process on SQLite.")] = 500,
    on_postgres: Annotated[int, typer.Option(min=1, help="Kills of one on PostgreSQL.")] = 200,
    servers: Annotated[int, typer.Option(min=1, help="Kills of a whole server under its clients.")] = 60,
    seed: Annotated[int, typer.Option(help="Another seed kills at other moments.")] = 1,
    write: Annotated[bool, typer.Option("--write", help="Keep the result in benchmarks/results/.")] = False,
) -> None:
    """Kill, look, and begin again; exit code 1 if anything was lost, undone or in disorder."""
    start = time.perf_counter()
    runs: dict[str, Kills] = {}
    _say(f"{kills} kills on SQLite, {on_postgres} on PostgreSQL, {servers} of a whole server: some 3 s each.")
    with TemporaryDirectory() as folder:
        runs["writing process, SQLite"] = kill_again_and_again(Place(Path(folder) / "data"), kills, seed)
    _say("PostgreSQL is next.")
    with TemporaryDirectory() as folder, running_postgres() as postgres:
        place = Place(Path(folder) / "data", postgres.new_database())
        runs["writing process, PostgreSQL"] = kill_again_and_again(place, on_postgres, seed)
    _say("Whole servers are next.")
    with TemporaryDirectory() as folder:
        runs["whole server, SQLite"] = kill_servers(Path(folder), servers, seed)
    description = _report(runs, seed)
    result = results.described("crash", description, quick=kills < _KEPT_FROM, seconds=time.perf_counter() - start)
    console.show(description)
    for path in results.write("crash", result, description) if write else ():
        console.progress.print(f"Written: {path}", highlight=False, soft_wrap=True)
    faults = [fault for run in runs.values() for fault in run.faults]
    for fault in faults:
        console.progress.print(fault, markup=False)
    sys.exit(1 if faults else 0)


def _say(sentence: str) -> None:
    console.progress.print(sentence, highlight=False)


def _report(runs: dict[str, Kills], seed: int) -> Report:
    return Report(
        figures={"seed": seed, "runs": {name: _figures(run) for name, run in runs.items()}},
        tables=[
            Table(
                "Processes killed at random moments while they wrote",
                [
                    "",
                    "kills",
                    "acknowledged",
                    "of them deletions",
                    "in the air",
                    "of these done",
                    "faults",
                    "start s",
                ],
                [_row(name, run) for name, run in runs.items()],
            )
        ],
        versions=versions_of(("sqlalchemy", "psycopg", "cryptography", "uvicorn")),
    )


def _figures(run: Kills) -> dict[str, Figure]:
    return {
        "kills": run.kills,
        "acknowledged": dict(sorted(run.acknowledged.items())),
        "in_the_air": dict(sorted(run.in_the_air.items())),
        "in_the_air_that_were_done": run.of_these_done,
        "faults": run.faults,
        "start_s": {"median": Timing(run.starts_s).median, "most": max(run.starts_s)},
    }


def _row(name: str, run: Kills) -> list[str]:
    deletions = run.acknowledged["delete face"] + run.acknowledged["delete group"]
    return [
        name,
        f"{run.kills}",
        f"{run.acknowledged.total():,}",
        f"{deletions:,}",
        f"{run.in_the_air.total():,}",
        f"{run.of_these_done:,}",
        f"{len(run.faults)}",
        f"{Timing(run.starts_s).median:.2f} (at most {max(run.starts_s):.1f})",
    ]


if __name__ == "__main__":
    typer.run(main)
