"""The commands `visavis keys ...`: the master key."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from typing import Annotated

import typer

from visavis import app as wiring
from visavis.cli.database import progress
from visavis.cli.terminal import AsJson, DataDir, print_json, read_settings, say

keys_commands = typer.Typer(no_args_is_help=True, help="The master key, which encrypts the key of every group.")


@keys_commands.command("rotate", epilog="Example: visavis keys rotate --data-dir /srv/visavis")
def rotate(
    wait: Annotated[
        float,
        typer.Option(min=0, help="Seconds to wait for running servers to confirm that they have the new key."),
    ] = 10,
    data_dir: DataDir = None,
) -> None:
    """Replace the master key while servers run. If it is interrupted, run it again and it continues.

    If the key is in the server's own key file, a new key is generated and written there. Otherwise give every
    server and this command both keys, separated by white space, and remove the old one afterwards.
    """
    with (
        closing(wiring.open_records(read_settings(data_dir=data_dir))) as storage,
        progress("groups", None) as advance,
    ):
        key_id = storage.rotation.run(wait, advance)
    say(f"The master key is {key_id}. Older backups still need the old one.")


@keys_commands.command("status", epilog="Example: visavis keys status")
def status(data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """Show which master key is in use and how far a rotation has come. Only the ids of keys are shown."""
    with closing(wiring.open_records(read_settings(data_dir=data_dir))) as storage:
        found = storage.rotation.status()
    if as_json:
        print_json(asdict(found))
        return
    say(f"master key   {found.current} ({found.source})")
    say(f"rotation     {f'to {found.following}' if found.following else 'none'}")
    for key_id, count in sorted(found.groups.items()):
        say(f"groups       {count:,} by {key_id or 'an older version'}")
    for server, has_it in found.answers:
        say(f"server       {server} {'has' if has_it else 'lacks'} the new key")
    if found.retired:
        say(f"replaced     {', '.join(found.retired)}")
