"""The table of all commands and their modules. A call imports only the module of its command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any

import typer

import visavis


@dataclass(frozen=True, slots=True)
class _Command:
    """A command, or a family of commands."""

    name: str
    where: str
    """The module in `visavis.cli`, and the name in it."""
    example: str = ""
    """The example in the help of a single command."""
    family: str = ""
    """To which it is added."""

    @property
    def itself(self) -> Any:
        module, name = self.where.split(":")
        return getattr(import_module(f"visavis.cli.{module}"), name)


_COMMANDS = (
    _Command("serve", "serve:serve", "visavis serve --port 9000 --data-dir /srv/visavis"),
    _Command("app", "apps:app_commands"),
    _Command("access-key", "access_keys:access_key_commands"),
    _Command("group", "groups:group_commands"),
    _Command("person", "persons:person_commands"),
    _Command("events", "events:events_commands"),
    _Command("console", "console:console_commands"),
    _Command("db", "database:database_commands"),
    _Command("audit", "audit:audit_commands"),
    _Command("backup", "backup:backup", "visavis backup /mnt/backups/visavis-2025-01-31.tar"),
    _Command(
        "restore", "backup:restore", "visavis restore /mnt/backups/visavis-2025-01-31.tar --data-dir /srv/visavis"
    ),
    _Command("keys", "keys:keys_commands"),
    _Command("models", "models:models_commands"),
    _Command(
        "add",
        "own_models:add_model",
        "visavis models add glintr100.onnx --name auraface --shape arcface",
        family="models",
    ),
    _Command("check", "own_models:check_model", "visavis models check auraface people", family="models"),
    _Command("evaluate", "evaluate:evaluate_commands"),
    _Command(
        "compare-models",
        "compare_models:compare_models",
        "visavis evaluate compare-models people --model auraface --report models.html",
        family="evaluate",
    ),
    _Command("calibrate", "calibrate:calibrate", "visavis calibrate people --set-aside one-person.json"),
    _Command("export", "archives:export", "visavis export staff.visavis --app front-door --group staff"),
    _Command("detect", "recognise:detect", "visavis detect door.jpg --draw door-faces.png"),
    _Command("compare", "recognise:compare", "visavis compare passport.jpg door.jpg"),
    _Command("search", "recognise:search", "visavis search door.jpg --app front-door --group staff"),
    _Command("import", "imports:import_", "visavis import people --app front-door --group staff --create"),
)


def command_line(arguments: Sequence[str] = ()) -> typer.Typer:
    """The command line with the command that these arguments name, or with all commands if they name none."""
    cli = typer.Typer(no_args_is_help=True, add_completion=False, help="Self-hosted face recognition server.")
    families: dict[str, typer.Typer] = {}
    for command in _needed(arguments):
        if not command.example:
            families[command.name] = command.itself
            cli.add_typer(command.itself, name=command.name)
        else:
            parent = families[command.family] if command.family else cli
            parent.command(command.name, epilog=f"Example: {command.example}")(command.itself)
    cli.callback(invoke_without_command=True)(_version)
    return cli


def _needed(arguments: Sequence[str]) -> Sequence[_Command]:
    first, second = (*arguments[:2], "", "")[:2]
    if first == "--version":
        return ()
    named = [command for command in _COMMANDS if first == (command.family or command.name)]
    if not named:
        return _COMMANDS
    if len(named) > 1 and second in {each.name for each in named[0].itself.registered_commands}:
        return named[:1]
    return named


def _version(
    *, show: Annotated[bool, typer.Option("--version", help="Print the version and exit.", is_eager=True)] = False
) -> None:
    if show:
        typer.echo(f"visavis {visavis.__version__}")
        raise typer.Exit
