"""Puts a backup in its place, after it has shown that a server can live on it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from visavis.errors import ServiceError, SetupError
from visavis.files import sync
from visavis.storage.database.postgresql import PostgresDatabase
from visavis.storage.database.sqlite import SqliteDatabase
from visavis.storage.keys.providers import KeyProvider
from visavis.storage.store import DATABASE_FILE, KEY_FILE, prepare
from visavis.transfer import checking
from visavis.transfer.backup.file import Manifest, drafted, unpack
from visavis.transfer.copying import copy_all


@dataclass(frozen=True, slots=True)
class Target:
    """Where a backup goes: the data directory, or the empty PostgreSQL database at `database_url`."""

    data_dir: Path
    master_key: bytes | KeyProvider | None
    """None: that of the key file in the data directory."""
    database_url: str | None = None
    replace: bool = False
    """Whether a SQLite database that is there gives way."""


def restore_backup(file: Path, target: Target, progress: Callable[[int], None]) -> Manifest:
    """Check the backup, then put it in place in one step; `progress` is told of templates that were opened.

    Raises SetupError, with everything as it was, if the backup is damaged or of a newer version, the master key is
    not the one it was made with, a server is at work, or there is something in its place that must not give way.
    """
    place = target.data_dir / DATABASE_FILE
    if target.database_url is None and place.exists() and not target.replace:
        raise SetupError(
            f"The data directory {target.data_dir} has a database already. With --replace the backup takes its "
            f"place, and what is there now is lost."
        )
    try:
        target.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with drafted(place) as draft:
            manifest = unpack(file, draft)
            _prove(draft, target, progress)
            if target.database_url is None:
                _move(draft, place)
            else:
                _copy(draft, target.database_url)
    except OSError as error:
        reason = ": ".join(str(each) for each in (error.filename, error.strerror) if each is not None)
        raise SetupError(f"The backup cannot be restored: {reason}.") from error
    except ServiceError as error:
        raise SetupError(f"The backup cannot be restored. {error.detail}") from error
    return manifest


def _prove(draft: Path, target: Target, progress: Callable[[int], None]) -> None:
    """Bring the schema up to date, try the master key, and open every template."""
    with closing(SqliteDatabase(draft)) as database:
        keys = prepare(database, target.master_key, target.data_dir / KEY_FILE)
        faults = checking.check_all(database, keys, progress)
    if faults:
        raise SetupError(f"The backup is not in order: {' '.join(faults)}")


def _move(draft: Path, place: Path) -> None:
    sync(draft)
    if place.exists():
        _let_go(place)
    for suffix in ("-wal", "-shm"):  # of a damaged database, or left behind where one was taken away by hand
        place.with_name(place.name + suffix).unlink(missing_ok=True)
    draft.replace(place)
    sync(place.parent)


def _let_go(place: Path) -> None:
    """Nobody uses the database, and no log of it is left, which SQLite would take for one of its successor."""
    try:
        with closing(sqlite3.connect(place, timeout=0)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")  # fails beside any other connection
    except sqlite3.OperationalError as error:
        raise SetupError("A server or a command still uses the database in this place. Stop it first.") from error
    except sqlite3.DatabaseError:
        pass  # it is damaged, which may be why a backup is restored


def _copy(draft: Path, database_url: str) -> None:
    with closing(SqliteDatabase(draft)) as source, closing(PostgresDatabase(database_url, 4)) as target:
        copy_all(source, target, lambda _: None)
