"""The commands `visavis backup` and `visavis restore`."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from visavis import app as wiring
from visavis.cli.database import progress
from visavis.cli.terminal import DataDir, counted, read_settings, say, stopped_in_good_order
from visavis.transfer.backup.make import back_up
from visavis.transfer.backup.manifest import Manifest


def backup(
    file: Annotated[Path, typer.Argument(help="Where to write it; the file must not exist yet.")],
    data_dir: DataDir = None,
) -> None:
    """Write the whole database to one file. Works while a server is running.

    The file is a consistent snapshot of the database, with templates encrypted as they are there; each is
    decrypted once as a check. A MAC under a key derived from the master key proves to a restore that the backup is
    genuine. The master key is not in it: keep that elsewhere, because without it the backup is useless.
    """
    with (
        stopped_in_good_order(),
        closing(wiring.open_records(read_settings(data_dir=data_dir))) as storage,
        progress("faces", None) as advance,
    ):
        manifest = back_up(storage, file, advance)
    say(f"Written to {file}: {_content(manifest)}.")


def restore(
    file: Annotated[Path, typer.Argument(help="A backup.", exists=True, dir_okay=False)],
    data_dir: DataDir = None,
    *,
    replace: Annotated[bool, typer.Option("--replace", help="Replace the existing database.")] = False,
    keep_deleted: Annotated[
        bool,
        typer.Option(
            "--keep-deleted", help="Also restore what the replaced database has deleted since the backup."
        ),
    ] = False,
    accept_unauthenticated: Annotated[
        bool,
        typer.Option(
            "--accept-unauthenticated",
            help="Accept a backup from an earlier version, which has no MAC: anybody could have changed it.",
        ),
    ] = False,
) -> None:
    """Restore a backup, after checking its MAC, its schema, the master key and every template.

    Stop the servers first. Nothing is changed until everything has been checked; then the database is replaced in
    one step. The master key comes from the settings or from the key file in the data directory: put it there
    first. If the settings name a PostgreSQL database, it must be empty. What the replaced database has deleted
    since the backup is listed and deleted again.
    """
    settings = read_settings(data_dir=data_dir)
    with stopped_in_good_order(), progress("faces", None) as advance:
        manifest = wiring.restore(
            settings,
            file,
            advance,
            say,
            replace=replace,
            keep_deleted=keep_deleted,
            takes_unauthenticated=accept_unauthenticated,
        )
    say(f"Restored: {_content(manifest)}, as of {manifest.made_at}.")


def _content(manifest: Manifest) -> str:
    return ", ".join(
        (counted(manifest.apps, "app"), counted(manifest.groups, "group"), counted(manifest.faces, "face"))
    )
