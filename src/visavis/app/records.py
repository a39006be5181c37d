"""Opens the storage that the settings name."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from visavis.audit_events import Actor, ActorKind, AuditHead, Effect, Event
from visavis.errors import SetupError
from visavis.settings import Settings
from visavis.spans import Instrumentation, uninstrumented
from visavis.storage.keys.providers import GivenKeys, KeyCommand, KeyFile, KeyProvider, decode_keys
from visavis.storage.store import DATABASE_FILE, Storage, head_in, open_storage
from visavis.transfer.backup.manifest import Manifest
from visavis.transfer.backup.restore import Target, restore_backup
from visavis.vision.catalogue import Catalogue
from visavis.vision.conversion import Recipes


def open_records(settings: Settings) -> Storage:
    """Open the storage; the caller closes it. Raises SetupError, also if there is none."""
    if not has_records(settings):
        where = f"There is no database in {settings.data_dir}"
        raise SetupError(f"{where}: give a server's data directory with --data-dir.")
    return make_records(settings)


def make_records(
    settings: Settings,
    instrument: Instrumentation = uninstrumented,
    owner: Actor | None = None,
    *,
    accept_older: AuditHead | None = None,
) -> Storage:
    """Open the storage; create it if missing. The caller closes it. Raises SetupError.

    `owner` is the actor that the audit log names for changes; by default the user of this process.
    """
    return open_storage(
        settings.data_dir,
        _key_provider(settings),
        max_loaded_bytes=settings.index_memory_mb * 1_000_000,
        database_url=_database_url(settings),
        database_connections=settings.database_connections,
        conversions=Recipes(Catalogue.read(settings.models_dir).cards).conversion,
        instrument=instrument,
        owner=owner or operator(),
        anchor_file=settings.anchor_file,
        accept_older=accept_older,
    )


def has_records(settings: Settings) -> bool:
    """Whether the storage exists. Does not create the data directory."""
    if settings.database_url is not None:
        return True
    try:
        (settings.data_dir / DATABASE_FILE).stat()
    except FileNotFoundError:
        return False
    except OSError:
        pass  # opening the storage raises the reason
    return True


def restore(
    settings: Settings,
    file: Path,
    progress: Callable[[int], None],
    report: Callable[[str], None],
    *,
    replace: bool,
    keep_deleted: bool,
    takes_unauthenticated: bool,
) -> Manifest:
    """Restore a backup to the storage of the settings (see `restore_backup`), and record that in its audit log."""
    where = (settings.data_dir, _key_provider(settings), _database_url(settings))
    target = Target(*where, replace, keep_deleted, takes_unauthenticated)
    manifest = restore_backup(file, target, progress, report)
    head = head_in(settings.data_dir, _database_url(settings))
    with closing(make_records(settings, accept_older=head)) as storage:
        description = f"a backup of {manifest.made_at}"
        storage.journal.add(
            Event(actor=storage.owner, operation="restore", effect=Effect.CHANGE, detail=description)
        )
    return manifest


def accept_older(settings: Settings, head: AuditHead) -> None:
    """Take the database as it is, though it is older than the anchor, and put that on record.

    `head` is that of its audit log. Raises SetupError as `open_records` does if it has another.
    """
    with closing(make_records(settings, accept_older=head)) as storage:
        detail = f"a database whose audit log ends at {head}"
        storage.journal.add(
            Event(actor=storage.owner, operation="accept_older", effect=Effect.CHANGE, detail=detail)
        )


def operator() -> Actor:
    """The actor of a command: the user of the operating system who runs it."""
    return Actor(kind=ActorKind.COMMAND, user=_user())


def _key_provider(settings: Settings) -> KeyProvider | None:
    """The source of the master key; None means the key file in the data directory. Raises SetupError."""
    given, file, command = settings.master_key, settings.master_key_file, settings.master_key_command
    if sum(each is not None for each in (given, file, command)) > 1:
        names = "VISAVIS_MASTER_KEY, VISAVIS_MASTER_KEY_FILE and VISAVIS_MASTER_KEY_COMMAND"
        raise SetupError(f"Give only one of {names}.")
    if given is not None:
        return GivenKeys(decode_keys(given.get_secret_value()))
    if file is not None:
        return KeyFile(file, own=False)
    return None if command is None else KeyCommand(command.get_secret_value())


def _user() -> str:
    """Name of the current user of the operating system; the number of a user without a name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"number {os.getuid()}"


def _database_url(settings: Settings) -> str | None:
    return settings.database_url.get_secret_value() if settings.database_url else None


def now() -> datetime:
    return datetime.now(UTC)
