"""An engine in its own process: what it answers, the processor time and the memory that it takes."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

ROOT = Path(__file__).parents[2]
_LAST_LINES = 3


class EngineError(Exception):
    """An engine could not do what it was told, for this reason."""


class Running:
    """A started engine. Every method raises EngineError."""

    def __init__(self, started: subprocess.Popen[str], log: Path) -> None:
        self._started = started
        self._log = log
        self._process = psutil.Process(int(self.ask("process")[0]))

    def ask(self, do: str, **arguments: object) -> tuple[Any, float]:
        """What the engine answers to a command, and how many seconds it took."""
        assert self._started.stdin is not None
        assert self._started.stdout is not None
        try:
            self._started.stdin.write(f"{json.dumps({'do': do, **arguments})}\n")
            self._started.stdin.flush()
            line = self._started.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            said = self._log.read_text(errors="replace").strip().splitlines()
            raise EngineError("; ".join(["its process ended", *said[-_LAST_LINES:]]))
        answer = json.loads(line)
        if "error" in answer:
            raise EngineError(str(answer["error"]))
        return answer["value"], float(answer["seconds"])

    def cpu_seconds(self) -> float:
        """Processor time so far, of all its processes, those that have ended included."""
        times = [each.cpu_times() for each in self._all()]
        return float(sum(each.user + each.system + each.children_user + each.children_system for each in times))

    def memory_bytes(self) -> int:
        """Memory of all its processes; what they share counts once."""
        return int(sum(each.memory_full_info().pss for each in self._all()))

    def _all(self) -> list[psutil.Process]:
        return [self._process, *self._process.children(recursive=True)]


@contextmanager
def running(name: str, python: Path, weights: Path) -> Iterator[Running]:
    """The engine of this name, run by this Python."""
    with TemporaryDirectory(prefix=f"peer-{name}-") as folder:
        log = Path(folder) / "log"
        with log.open("wb") as said:
            started = subprocess.Popen(  # noqa: S603 - our own
                [python, "-m", "benchmarks.engines", name, weights, folder],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
                cwd=ROOT,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
            )
        try:
            yield Running(started, log)
        finally:
            started.communicate()  # the end of its input is the end of its work
