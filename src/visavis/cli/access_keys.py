"""The commands `visavis access-key ...`: ids and secrets with which clients of v2.1 get access tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from visavis import app as wiring
from visavis.cli.terminal import AsJson, DataDir, folding_table, out, print_json, read_settings, say
from visavis.core.access_keys import LEAST_LIFETIME, MOST_LIFETIME
from visavis.core.apps import MAX_OVERLAP_HOURS
from visavis.identities import AccessKey

access_key_commands = typer.Typer(
    no_args_is_help=True, help="User access keys, which clients exchange for access tokens."
)

Name = Annotated[str, typer.Argument(help="The name of the key.")]
Lifetime = typer.Option(
    min=LEAST_LIFETIME, max=MOST_LIFETIME, metavar="SECONDS", help="How long a token is valid, in seconds."
)


@access_key_commands.command("create", epilog="Example: visavis access-key create turnstile --app front-door")
def create_access_key(
    name: Name,
    app: Annotated[
        list[str] | None, typer.Option(help="An app that its tokens may use; repeatable. Without it, all apps.")
    ] = None,
    lifetime: Annotated[int, Lifetime] = MOST_LIFETIME,
    data_dir: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Create a user access key and print its id and secret, once. Works while a server is running."""
    settings = read_settings(data_dir=data_dir)
    wiring.make_records(settings).close()
    with wiring.open_access_keys(settings) as keys:
        key, secret = keys.create(name, app or None, lifetime)
    _print_secret(key, secret, as_json=as_json)


@access_key_commands.command("list", epilog="Example: visavis access-key list")
def list_access_keys(data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """List the user access keys. Secrets are not stored and cannot be shown."""
    with wiring.open_access_keys(read_settings(data_dir=data_dir)) as keys:
        rows = keys.shown(keys.all())
    if as_json:
        print_json(rows)
        return
    table = folding_table("name", "id", "apps", "lifetime", "created", "old secret until")
    for row in rows:
        apps = "all" if row["apps"] is None else ", ".join(row["apps"])
        until = row["old_secret_until"] or ""
        table.add_row(row["name"], row["id"], apps, f"{row['lifetime']} s", row["created"], until)
    out.print(table)


@access_key_commands.command("set", epilog="Example: visavis access-key set turnstile --app back-door")
def set_access_key(
    name: Name,
    app: Annotated[
        list[str] | None, typer.Option(help="An app that its tokens may use from now on; repeatable.")
    ] = None,
    lifetime: Annotated[int | None, Lifetime] = None,
    data_dir: DataDir = None,
    *,
    all_apps: Annotated[
        bool, typer.Option("--all-apps", help="Let its tokens use all apps, including future ones.")
    ] = False,
) -> None:
    """Set which apps a key's tokens may use, and how long new tokens are valid. Apps are withdrawn at once."""
    if app and all_apps:
        raise typer.BadParameter("Give --app or --all-apps, not both.")
    with wiring.open_access_keys(read_settings(data_dir=data_dir)) as keys:
        key = keys.require(name)
        named = app or keys.apps_of(key)
        key = keys.limit(key, None if all_apps else named, lifetime or key.lifetime_seconds)
        apps = keys.apps_of(key)
    say(f"{name}: {'all apps' if apps is None else ', '.join(apps)}; tokens for {key.lifetime_seconds} s")


@access_key_commands.command("rotate", epilog="Example: visavis access-key rotate turnstile --overlap-hours 48")
def rotate_access_key(
    name: Name,
    overlap_hours: Annotated[
        float,
        typer.Option(
            min=0,
            max=MAX_OVERLAP_HOURS,
            help="How long the old secret keeps working. With 0, tokens stop working too.",
        ),
    ] = 24,
    data_dir: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Give a key a new secret, shown once; the id stays. The old secret stops working after the overlap."""
    with wiring.open_access_keys(read_settings(data_dir=data_dir)) as keys:
        key = keys.require(name)
        secret = keys.rotate(key, timedelta(hours=overlap_hours))
    _print_secret(key, secret, as_json=as_json)


@access_key_commands.command("revoke", epilog="Example: visavis access-key revoke turnstile")
def revoke_access_key(name: Name, data_dir: DataDir = None) -> None:
    """Revoke a key and all its tokens at once, on all nodes. Works while a server is running."""
    with wiring.open_access_keys(read_settings(data_dir=data_dir)) as keys:
        keys.revoke(keys.require(name))
    say(f"Revoked {name}.")


def _print_secret(key: AccessKey, secret: str, *, as_json: bool) -> None:
    fields = {"id": key.id, "secret": secret}
    if as_json:
        print_json(fields)
        return
    for field, value in fields.items():
        say(f"{field:>10}  {value}")
    out.print("The secret is shown only now: the server stores nothing but its hash.", style="bold")
