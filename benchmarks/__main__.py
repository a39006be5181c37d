"""`python -m benchmarks NAME [--quick] [--json] [--write]`; `peers` also takes `--data FOLDER`."""

from __future__ import annotations

import os
import sys
import time
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from benchmarks import console, results
from benchmarks.report import Report


class Name(StrEnum):
    """A benchmark is the module of its name in this package, with a function `run(*, quick: bool) -> Report`."""

    SEARCH = "search"
    SCALE = "scale"
    PIPELINE = "pipeline"
    BULK = "bulk"
    HTTP = "http"
    LOAD = "load"
    PEERS = "peers"


ONE_THREAD = {Name.SEARCH, Name.SCALE, Name.PIPELINE, Name.BULK}
"""Benchmarks that count their threads: libraries that would start more of their own are kept from it."""

BLAS_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def main(
    name: Annotated[Name, typer.Argument(help="Which benchmark.", show_default=False)],
    *,
    quick: Annotated[bool, typer.Option("--quick", help="Smaller sizes, under 50 s on two slow cores.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
    data: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="The folder that has lfw-dev and ea-dev, for `peers`."),
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Keep JSON and plots in benchmarks/results/.")] = False,
) -> None:
    """Measure, and print the machine, tables and ratios."""
    if name in ONE_THREAD:  # these are read when NumPy is loaded, so nothing above may load it
        os.environ.update(dict.fromkeys(BLAS_THREADS, "1"))
    if data is not None and name is not Name.PEERS:
        raise typer.BadParameter(f"{name} takes no data.", param_hint="--data")
    start = time.perf_counter()
    options = {"data": data} if data else {}
    report: Report = import_module(f"benchmarks.{name}").run(quick=quick, **options)
    result = results.described(name.value, report, quick=quick, seconds=time.perf_counter() - start)
    if json:
        sys.stdout.write(f"{results.as_text(result)}\n")
    else:
        console.show(report)
    for path in results.write(name, result, report) if write else ():
        console.progress.print(f"Written: {path}", highlight=False, soft_wrap=True)


if __name__ == "__main__":
    typer.run(main)
