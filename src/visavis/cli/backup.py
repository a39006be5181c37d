"""The commands `visavis backup` and `visavis restore`."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from visavis import app as wiring
from visavis.cli.database import progress
from visavis.cli.terminal import DataDir, read_settings, say, stopped_in_good_order
from visavis.transfer.backup.make import back_up
from visavis.transfer.backup.manifest import Manifest


def backup(
    file: Annotated[Path, typer.Argument(help="Where to write it; the file must not exist yet.")],
    data_dir: DataDir = None,
) -> None:
    """Write the whole database to one file. Works beside a running server.

    The file holds one moment of the database, sealed as it is; every template is opened before it is written. It
    carries a MAC under a key derived from the master key, by which a restore knows it. The master key is not in
    it: keep that elsewhere, since without it the backup is of no use to anybody.
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
        bool, typer.Option("--keep-deleted", help="Restore also what the replaced database has deleted since.")
    ] = False,
    accept_unauthenticated: Annotated[
        bool,
        typer.Option(
            "--accept-unauthenticated",
            help="Take a backup of an earlier version, which has no MAC: anybody could have changed it.",
        ),
    ] = False,
) -> None:
    """Put a backup in place, after it was checked: its MAC, the schema, the master key, every template.

    Stop the servers first. Until all is checked nothing is touched, and then the database changes in one step. The
    master key is that of the settings, or the key file of the data directory: put it there before. Where the
    settings name a PostgreSQL database, that must be empty. What was deleted after
    the backup, by the database that gives way, is listed and deleted again.
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
    return f"{manifest.apps} apps, {manifest.groups} groups, {manifest.faces} faces"
