"""The commands `visavis app ...`: apps, their keys and their protocols."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from visavis import app as wiring
from visavis.cli.terminal import AsJson, DataDir, folding_table, out, print_json, print_keys, read_settings, say
from visavis.core.apps import MAX_OVERLAP_HOURS, shown_key

app_commands = typer.Typer(no_args_is_help=True, help="Apps: the owners of groups and keys.")

Name = Annotated[str, typer.Argument(help="The name of the app.")]


@app_commands.command("create", epilog="Example: visavis app create front-door --json")
def create_app(name: Name, data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """Create an app and print its keys, once. Works while a server is running."""
    settings = read_settings(data_dir=data_dir)
    wiring.make_records(settings).close()
    with wiring.open_apps(settings) as apps:
        print_keys(name, apps.create(name), as_json=as_json)


@app_commands.command("list", epilog="Example: visavis app list")
def list_apps(data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """List the apps. Keys are not stored and cannot be shown."""
    with wiring.open_apps(read_settings(data_dir=data_dir)) as apps:
        rows = [
            {
                "name": app.name,
                "created": app.created_at.isoformat(),
                "off": " ".join(sorted(app.dialects_off)),
                "rate_limit": app.rate_limit or "off",
            }
            for app in apps.all()
        ]
    if as_json:
        print_json(rows)
        return
    table = folding_table("name", "created", "dialects off", "rate limit")
    for row in rows:
        table.add_row(*row.values())
    out.print(table)


@app_commands.command("rotate", epilog="Example: visavis app rotate front-door --overlap-hours 48")
def rotate_app(
    name: Name,
    overlap_hours: Annotated[
        float, typer.Option(min=0, max=MAX_OVERLAP_HOURS, help="How long the old keys keep working.")
    ] = 24,
    data_dir: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Give an app new keys; the old ones stop working after the overlap."""
    with wiring.open_apps(read_settings(data_dir=data_dir)) as apps:
        keys = apps.rotate(apps.require(name), timedelta(hours=overlap_hours))
        print_keys(name, keys, as_json=as_json)


@app_commands.command("delete", epilog="Example: visavis app delete front-door --yes")
def delete_app(
    name: Name,
    data_dir: DataDir = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete an app with all its keys, groups and faces."""
    with wiring.open_apps(read_settings(data_dir=data_dir)) as apps:
        app = apps.require(name)
        if not yes:
            typer.confirm(f"Delete {name!r} with all its groups and faces?", abort=True)
        apps.delete(app)
    say(f"Deleted {name}.")


def _known_dialects(names: list[str] | None) -> list[str] | None:
    for name in names or ():
        if name not in wiring.DIALECT_NAMES:
            raise typer.BadParameter(f"There is no dialect {name!r}, only {', '.join(wiring.DIALECT_NAMES)}.")
    return names


@app_commands.command("set", epilog="Example: visavis app set front-door --off v1")
def set_app(
    name: Name,
    off: Annotated[
        list[str] | None,
        typer.Option(callback=_known_dialects, help="Switch off: v1, plus, v2, v2.1 or searchface."),
    ] = None,
    on: Annotated[list[str] | None, typer.Option(callback=_known_dialects, help="Switch on again.")] = None,
    rate_limit: Annotated[
        str | None, typer.Option(help="Requests that each node accepts from the app, such as 600/minute, or off.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Set which protocols an app may use, and its rate limit. In v1 the app key is the only credential."""
    with wiring.open_apps(read_settings(data_dir=data_dir)) as apps:
        app = apps.require(name)
        if rate_limit is not None:
            app = apps.limit_rate(app, rate_limit)
        if off or on:
            app = apps.switch(app, off or (), on or ())
    say(f"{name}: off {', '.join(sorted(app.dialects_off)) or 'none'}; rate limit {app.rate_limit or 'off'}")


@app_commands.command("keys", epilog="Example: visavis app keys front-door")
def list_keys(name: Name, data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """List an app's keys by id, kind and times. The keys themselves are not stored and cannot be shown."""
    with wiring.open_apps(read_settings(data_dir=data_dir)) as apps:
        rows = [shown_key(key) for key in apps.keys(apps.require(name))]
    if as_json:
        print_json(rows)
        return
    table = folding_table("id", "kind", "created", "retires")
    for row in rows:
        table.add_row(*(str(value or "never") for value in row.values()))
    out.print(table)


@app_commands.command("revoke", epilog="Example: visavis app revoke front-door 4 5")
def revoke_keys(
    name: Name,
    ids: Annotated[
        list[int] | None, typer.Argument(metavar="[ID]...", help="Key ids, as listed by `visavis app keys`.")
    ] = None,
    data_dir: DataDir = None,
    *,
    replaced: Annotated[
        bool, typer.Option("--replaced", help="Revoke all keys that a rotation has replaced.")
    ] = False,
) -> None:
    """Revoke keys of an app at once, on all nodes. Works while a server is running."""
    if bool(ids) == replaced:
        raise typer.BadParameter("Give key ids, or --replaced.")
    with wiring.open_apps(read_settings(data_dir=data_dir)) as apps:
        app = apps.require(name)
        revoked = apps.revoke_replaced(app) if replaced else apps.revoke(app, ids or ())
    for key in revoked:
        say(f"Revoked {key.kind.value} {key.id}.")
