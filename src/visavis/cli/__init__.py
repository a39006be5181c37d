"""The command line: `visavis serve`, and the families of commands beside it."""

from __future__ import annotations

import logging
import sys
from functools import cache
from typing import Any

import typer

from visavis.cli.commands import command_line
from visavis.cli.private_memory import keep_memory_private
from visavis.errors import ServiceError, SetupError


def main() -> None:
    """Run the command line; expected failures end as one sentence and exit code 1."""
    if logging.lastResort is not None:  # takes what is logged where no log was started
        logging.lastResort.addFilter(lambda record: record.exc_info is None)
    keep_memory_private()
    try:
        command_line(sys.argv[1:])()
    except (SetupError, ServiceError) as error:
        from visavis.cli.terminal import complain  # noqa: PLC0415 - there is nothing to complain of as a rule

        complain(error)
        sys.exit(1)


def __getattr__(name: str) -> Any:
    """`cli`: all commands, for whoever wants to know them."""
    if name != "cli":
        raise AttributeError(name)
    return _whole()


@cache
def _whole() -> typer.Typer:
    return command_line()
