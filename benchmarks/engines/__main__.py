"""`python -m benchmarks.engines NAME WEIGHTS FOLDER`: one engine, commanded by lines of JSON on standard input.

A line is a command, {"do": NAME, ...arguments}; the answer is {"value": ..., "seconds": ...} or {"error": ...}.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from benchmarks.engines.protocol import Embedding, Engine


def main() -> None:
    """Answer until standard input ends."""
    name, weights, folder = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what packages print is no answer
    module = import_module(f"benchmarks.engines.{name}")
    with module.open_engine(Path(weights), Path(folder)) as engine:
        commands = commands_of(engine)
        for line in sys.stdin:
            answers.write(f"{json.dumps(answered(commands, json.loads(line)))}\n")
            answers.flush()


def commands_of(engine: Engine) -> Mapping[str, Callable[..., Any]]:
    """What the engine can be told, by the name of the command."""

    def faces(file: str) -> list[list[Any]]:
        found = cast("Embedding", engine).faces(file)
        return [[each.left, each.top, each.width, each.height, each.vector.tolist()] for each in found]

    return {
        "enrol": engine.enrol,
        "fill": engine.fill,
        "search": engine.search,
        "faces": faces,
        "process": lambda: engine.process,
        "versions": lambda: dict(engine.versions()),
    }


def answered(commands: Mapping[str, Callable[..., Any]], command: dict[str, Any]) -> dict[str, Any]:
    """Carry out one command, and time it."""
    do = commands[command.pop("do")]
    start = time.perf_counter()
    try:
        value = do(**command)
    except Exception as error:  # noqa: BLE001 - whatever an engine raises is its answer
        return {"error": f"{type(error).__name__}: {error}"}
    return {"value": value, "seconds": time.perf_counter() - start}


if __name__ == "__main__":
    main()
