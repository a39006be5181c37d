"""Restores a backup, after checking that a server can run on it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from visavis.errors import ServiceError, SetupError
from visavis.files import locked, sync
from visavis.storage.access_keys import forget_tokens
from visavis.storage.database.expected_schema import strange_parts
from visavis.storage.database.postgresql import PostgresDatabase
from visavis.storage.database.sqlite import SqliteDatabase
from visavis.storage.gallery.webhooks import stop_webhooks
from visavis.storage.keys.providers import GivenKeys, KeyFile, KeyProvider
from visavis.storage.proof.tagging import tag_rows
from visavis.storage.store import DATABASE_FILE, KEY_FILE, prepare
from visavis.transfer import checking
from visavis.transfer.backup.deletions import delete_again
from visavis.transfer.backup.file import remove_drafts, temporary_database, unpack
from visavis.transfer.backup.manifest import Manifest, Trust
from visavis.transfer.copying import copy_all

_DRAFT = "visavis.db.restore"


@dataclass(frozen=True, slots=True)
class Target:
    """The target of a restore: the data directory, or the empty PostgreSQL database at `database_url`."""

    data_dir: Path
    master_key: bytes | KeyProvider | None
    """None: the master key is read from the key file in the data directory."""
    database_url: str | None = None
    replace: bool = False
    """Whether the backup may replace the SQLite database in the data directory."""
    keep_deleted: bool = False
    """Whether what that database has deleted since the backup comes back."""
    takes_unauthenticated: bool = False
    """Whether a backup is taken that was made before backups had a MAC."""


def restore_backup(
    file: Path, target: Target, progress: Callable[[int], None], report: Callable[[str], None] = lambda _: None
) -> Manifest:
    """Check the backup, then restore it in one step. `progress` is called with the number of templates checked.

    What the database that it replaces has deleted since is deleted again, unless the target keeps it; `report` is
    called with a sentence for each.

    Raises SetupError and changes nothing if the backup is forged, damaged or of a newer version, the master key is
    not the one it was made with, a server is running, or there is a database already that must not be replaced.
    """
    path = target.data_dir / DATABASE_FILE
    if target.database_url is None and path.exists() and not target.replace:
        raise SetupError(
            f"The data directory {target.data_dir} has a database already. With --replace the backup replaces "
            "it, and the current data is lost."
        )
    try:
        target.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone_in(target.data_dir), temporary_database(target.data_dir / _DRAFT) as temporary:
            manifest = unpack(file, temporary, _trust(target))
            _require_our_schema(temporary)
            _check(temporary, target, progress)
            if target.database_url is None and path.exists() and not target.keep_deleted:
                _delete_again(temporary, path, target, report)
            if target.database_url is None:
                _move(temporary, path)
            else:
                _copy(temporary, target.database_url)
    except OSError as error:
        reason = ": ".join(str(each) for each in (error.filename, error.strerror) if each is not None)
        raise SetupError(f"The backup cannot be restored: {reason}.") from error
    except ServiceError as error:
        raise SetupError(f"The backup cannot be restored. {error.detail}") from error
    return manifest


def forget_killed_restores(data_dir: Path) -> None:
    """Remove what restores into this directory have left that were killed, unless one is at work there."""
    with locked(data_dir) as alone:
        if alone:
            remove_drafts(data_dir / _DRAFT)


@contextmanager
def _alone_in(data_dir: Path) -> Iterator[None]:
    """What a killed restore has left is gone when the block begins. Raises SetupError if another is at work."""
    with locked(data_dir) as alone:
        if not alone:
            raise SetupError(f"Another restore is running in the data directory {data_dir}.")
        remove_drafts(data_dir / _DRAFT)
        yield


def _trust(target: Target) -> Trust:
    given = target.master_key
    if given is None:
        given = KeyFile(target.data_dir / KEY_FILE, own=True)
    elif isinstance(given, bytes):
        given = GivenKeys((given,))
    return Trust.in_keys_of(given, takes_unauthenticated=target.takes_unauthenticated)


def _require_our_schema(temporary: Path) -> None:
    """Before anything opens the database: triggers act on the first write. Raises SetupError."""
    if strange := strange_parts(temporary):
        raise SetupError(f"The database of the backup has another schema than ours: {', '.join(strange)}.")


def _check(temporary: Path, target: Target, progress: Callable[[int], None]) -> None:
    """Bring the schema up to date, try the master key, and open every template."""
    with closing(SqliteDatabase(temporary)) as database:
        keys = prepare(database, target.master_key, target.data_dir / KEY_FILE)
        tag_rows(database, keys.proofs)
        faults = checking.check_all(database, keys, progress)
        if not faults:
            forget_tokens(database, keys.proofs)
            stop_webhooks(database, keys.proofs)
    if faults:
        raise SetupError(f"The backup is not in order: {' '.join(faults)}")


def _delete_again(temporary: Path, path: Path, target: Target, report: Callable[[str], None]) -> None:
    with closing(SqliteDatabase(path)) as replaced, closing(SqliteDatabase(temporary)) as restored:
        keys = prepare(restored, target.master_key, target.data_dir / KEY_FILE)
        delete_again(replaced, restored, keys, report)


def _move(temporary: Path, path: Path) -> None:
    sync(temporary)
    if path.exists():
        _require_unused(path)
    for suffix in ("-wal", "-shm"):  # of a damaged database, or left behind by one that was deleted by hand
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    temporary.replace(path)
    sync(path.parent)


def _require_unused(path: Path) -> None:
    """Check that no process uses the database, and merge its log, which SQLite would apply to the new database.

    Raises SetupError.
    """
    try:
        with closing(sqlite3.connect(path, timeout=0)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")  # fails beside any other connection
    except sqlite3.OperationalError as error:
        raise SetupError("A server or a command is still using the database there. Stop it first.") from error
    except sqlite3.DatabaseError:
        pass  # it is damaged, which may be why a backup is restored


def _copy(temporary: Path, database_url: str) -> None:
    with closing(SqliteDatabase(temporary)) as source, closing(PostgresDatabase(database_url, 4)) as target:
        copy_all(source, target, lambda _: None)
