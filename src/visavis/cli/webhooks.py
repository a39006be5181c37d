"""The commands `visavis events webhook ...`: where a group tells its recognition events."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from visavis import app as wiring
from visavis.cli.persons import AppName, GroupId
from visavis.cli.terminal import AsJson, DataDir, out, print_json, read_settings, say
from visavis.core.apps import MAX_OVERLAP_HOURS
from visavis.core.webhooks import Webhooks
from visavis.types import Group

webhook_commands = typer.Typer(
    no_args_is_help=True, help="Webhooks: where a group tells its recognition events as they happen."
)


@dataclass(frozen=True, slots=True)
class _Here:
    webhooks: Webhooks
    group: Group


@contextmanager
def _opened(app: str, group_id: str, data_dir: Path | None) -> Iterator[_Here]:
    with wiring.open_webhooks(read_settings(data_dir=data_dir)) as (apps, groups, webhooks):
        yield _Here(webhooks, groups.require(apps.require(app), group_id))


@webhook_commands.command(
    "set", epilog="Example: visavis events webhook set https://gate.example/ --app front-door --group staff"
)
def set_webhook(
    url: Annotated[str, typer.Argument(help="The URL of the receiver, which takes POST requests.")],
    app: AppName,
    group_id: GroupId,
    *,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Tell the events of a group to a URL. Prints the secret of a new webhook once; a new URL keeps it."""
    with _opened(app, group_id, data_dir) as here:
        secret = here.webhooks.set_url(here.group, url)
    if secret is None:
        say(f"{group_id}: the webhook has another URL and the same secret")
    else:
        _print_secret(secret, as_json=as_json)


@webhook_commands.command("show", epilog="Example: visavis events webhook show --app front-door --group staff")
def show_webhook(app: AppName, group_id: GroupId, *, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show the webhook of a group, what came of the last attempt, and how much waits. Secrets are not shown."""
    with _opened(app, group_id, data_dir) as here:
        shown = here.webhooks.require(here.group).shown()
    if as_json:
        print_json(shown)
        return
    for name, value in shown.items():
        say(f"{name.replace('_', ' '):>16}  {'-' if value in {None, ''} else value}")


@webhook_commands.command("rotate", epilog="Example: visavis events webhook rotate --app front-door --group staff")
def rotate_secret(
    app: AppName,
    group_id: GroupId,
    overlap_hours: Annotated[
        float, typer.Option(min=0, max=MAX_OVERLAP_HOURS, help="How long the old secret signs too.")
    ] = 24,
    *,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Give a webhook a new secret and print it, once. Meanwhile every message has a signature by each of both."""
    with _opened(app, group_id, data_dir) as here:
        secret = here.webhooks.rotate(here.group, timedelta(hours=overlap_hours))
    _print_secret(secret, as_json=as_json)


@webhook_commands.command("test", epilog="Example: visavis events webhook test --app front-door --group staff")
def send_test(app: AppName, group_id: GroupId, *, data_dir: DataDir = None) -> None:
    """Send a test message from this machine and tell what came back; exit code 1 if it was not taken."""
    with _opened(app, group_id, data_dir) as here:
        reply = here.webhooks.test(here.group)
    say(reply.detail)
    if not reply.is_success:
        raise typer.Exit(1)


@webhook_commands.command("start", epilog="Example: visavis events webhook start --app front-door --group staff")
def start_webhook(app: AppName, group_id: GroupId, *, data_dir: DataDir = None) -> None:
    """Start a webhook that its receiver or a restore has stopped. It is told what happens from now on."""
    with _opened(app, group_id, data_dir) as here:
        here.webhooks.start(here.group)
    say(f"{group_id}: the webhook is told what happens from now on")


@webhook_commands.command("remove", epilog="Example: visavis events webhook remove --app front-door --group staff")
def remove_webhook(app: AppName, group_id: GroupId, *, data_dir: DataDir = None) -> None:
    """Remove the webhook of a group, and what waits for it."""
    with _opened(app, group_id, data_dir) as here:
        here.webhooks.remove(here.group)
    say(f"{group_id}: the webhook is removed")


def _print_secret(secret: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"secret": secret})
        return
    say(f"secret  {secret}")
    out.print("The secret is shown now and never again. Receivers verify signatures with it.", style="bold")
