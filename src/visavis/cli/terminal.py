"""Shared parts of all commands: output, names of options, settings."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from visavis.errors import ServiceError, SetupError
from visavis.identities import KeyKind
from visavis.settings import Settings, unknown_variables

out = Console(markup=False)
complaint = Console(stderr=True, markup=False)
"""Without markup, since names of apps may contain it."""

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        readable=False,  # asked by `read_settings`, also of a directory that the environment names
        help="Where the database and the key file are kept [env: VISAVIS_DATA_DIR; ./visavis-data]",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


def say(sentence: str) -> None:
    """Print a sentence on one line, also on a narrow screen, since scripts read it too."""
    out.print(sentence, highlight=False, soft_wrap=True)


def complain(error: SetupError | ServiceError) -> None:
    """Print an error as one sentence on standard error."""
    sentence = error.detail if isinstance(error, ServiceError) else str(error)
    complaint.print(Text.assemble(("visavis:", "bold red"), f" {sentence}"), soft_wrap=True)


def folding_table(*columns: str) -> Table:
    """A table that wraps long values and never cuts them off."""
    return Table(*(Column(name, overflow="fold") for name in columns))


def print_json(content: object) -> None:
    print(json.dumps(content))  # noqa: T201 - the command's output


def print_keys(name: str, keys: dict[KeyKind, str], *, as_json: bool) -> None:
    fields = {"name": name} | {kind.value: key for kind, key in keys.items()}
    if as_json:
        print_json(fields)
        return
    for field, value in fields.items():
        say(f"{field:>10}  {value}")
    out.print("These keys are shown only now: the server stores nothing but their hashes.", style="bold")


def read_settings(**given: Any) -> Settings:
    """Settings from options, then the environment, then defaults. Raises SetupError, also for unknown names."""
    for name, nearest in unknown_variables(os.environ).items():
        hint = f": did you mean {nearest}?" if nearest else ", see docs/settings.md."
        raise SetupError(f"There is no setting {name}{hint}")
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
        name = "__".join(str(part) for part in problem["loc"]).upper()
        raise SetupError(f"VISAVIS_{name}: {problem['msg']}.") from None

    _require_own(settings)
    return settings


def _require_own(settings: Settings) -> None:
    """Raises SetupError for a data directory that this user may not use."""
    needed = os.R_OK | os.X_OK | (os.W_OK if settings.database_url is None else 0)
    folder = settings.data_dir
    if not folder.is_dir() or os.access(folder, needed):
        return
    try:
        owner = f"it belongs to {folder.owner()}"
    except (KeyError, OSError, NotImplementedError):
        owner = "it belongs to another user"
    raise SetupError(f"The data directory {folder} cannot be read and written by this user: {owner}.")


def counted(count: int, noun: str) -> str:
    """A number with what it counts, such as `1 face` and `1,200 faces`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def reachable(settings: Settings, port: int | None = None) -> str:
    """The URL of the server for a client on the same machine; `port` is the actual one if the setting is 0."""
    host = settings.host
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104 - what the operator chose, not what we choose
        host = "127.0.0.1"
    scheme = "https" if settings.tls_cert else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port or settings.port}"


@contextmanager
def stopped_in_good_order() -> Iterator[None]:
    """Let a command that is told to stop (SIGTERM, SIGHUP) remove what it has begun, as after Ctrl-C."""
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, lambda number, _: sys.exit(128 + number)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
