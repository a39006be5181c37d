"""The command line: `visavis serve`, and the families of commands beside it."""

from __future__ import annotations

import logging
import sys
from typing import Annotated

import typer

import visavis
from visavis.cli.apps import app_commands
from visavis.cli.archives import export
from visavis.cli.audit import audit_commands
from visavis.cli.backup import backup, restore
from visavis.cli.calibrate import calibrate
from visavis.cli.compare_models import compare_models
from visavis.cli.console import console_commands
from visavis.cli.database import database_commands
from visavis.cli.evaluate import evaluate_commands
from visavis.cli.groups import group_commands
from visavis.cli.imports import import_
from visavis.cli.keys import keys_commands
from visavis.cli.models import models_commands
from visavis.cli.own_models import add_model, check_model
from visavis.cli.recognise import compare, detect, search
from visavis.cli.serve import serve
from visavis.cli.terminal import complain, say
from visavis.errors import ServiceError, SetupError

cli = typer.Typer(no_args_is_help=True, add_completion=False, help="Self-hosted face recognition server.")
cli.command(epilog="Example: visavis serve --port 9000 --data-dir /srv/visavis")(serve)
cli.add_typer(app_commands, name="app")
cli.add_typer(group_commands, name="group")
cli.add_typer(console_commands, name="console")
cli.add_typer(database_commands, name="db")
cli.add_typer(audit_commands, name="audit")
cli.command(epilog="Example: visavis backup /mnt/backups/visavis-2025-01-31.tar")(backup)
cli.command(epilog="Example: visavis restore /mnt/backups/visavis-2025-01-31.tar --data-dir /srv/visavis")(restore)
cli.add_typer(keys_commands, name="keys")
models_commands.command(
    "add", epilog="Example: visavis models add glintr100.onnx --name auraface --shape arcface"
)(add_model)
models_commands.command("check", epilog="Example: visavis models check auraface people")(check_model)
cli.add_typer(models_commands, name="models")
evaluate_commands.command(
    "compare-models",
    epilog="Example: visavis evaluate compare-models people --model auraface --report models.html",
)(compare_models)
cli.add_typer(evaluate_commands, name="evaluate")
cli.command(epilog="Example: visavis calibrate people --set-aside one-person.json")(calibrate)
cli.command(epilog="Example: visavis export staff.visavis --app front-door --group staff")(export)
cli.command(epilog="Example: visavis detect door.jpg --draw door-faces.png")(detect)
cli.command(epilog="Example: visavis compare passport.jpg door.jpg")(compare)
cli.command(epilog="Example: visavis search door.jpg --app front-door --group staff")(search)
cli.command("import", epilog="Example: visavis import people --app front-door --group staff --create")(import_)


def main() -> None:
    """Run the command line; expected failures end as one sentence and exit code 1."""
    if logging.lastResort is not None:  # takes what is logged where no log was started
        logging.lastResort.addFilter(lambda record: record.exc_info is None)
    try:
        cli()
    except (SetupError, ServiceError) as error:
        complain(error)
        sys.exit(1)


@cli.callback(invoke_without_command=True)
def version(
    *, show: Annotated[bool, typer.Option("--version", help="Print the version and stop.", is_eager=True)] = False
) -> None:
    if show:
        say(f"visavis {visavis.__version__}")
        raise typer.Exit
