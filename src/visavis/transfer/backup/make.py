"""Makes a backup while servers run: a snapshot of the database, still encrypted, without the master key."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Table, func, select

import visavis
from visavis.audit_events import Effect, Event
from visavis.errors import ServiceError, SetupError
from visavis.storage.database.connection import Database
from visavis.storage.database.expected_schema import strange_parts
from visavis.storage.database.metadata import get_metadata
from visavis.storage.database.schema import apps, faces, groups
from visavis.storage.database.sqlite import SqliteDatabase
from visavis.storage.keys import metadata
from visavis.storage.keys.ring import KeyRing
from visavis.storage.store import Storage
from visavis.transfer import checking
from visavis.transfer.backup.file import fingerprint, pack, temporary_database
from visavis.transfer.backup.manifest import Manifest
from visavis.transfer.copying import copy_all


def back_up(storage: Storage, file: Path, progress: Callable[[int], None]) -> Manifest:
    """Write the whole database to a new file after checking every template, and record that in the audit log.

    `progress` is called with the number of templates opened since its last call. Raises SetupError if the file
    exists or cannot be written, or the database is not in order.
    """
    if file.exists():
        raise SetupError(f"The file {file} already exists; a backup does not replace it.")
    try:
        with temporary_database(file) as copy:
            manifest = _copy(storage.database, storage.keys, copy, progress)
            pack(file, manifest, copy)
    except OSError as error:
        raise SetupError(f"The backup cannot be written to {file}: {error.strerror}.") from error
    except ServiceError as error:
        raise SetupError(f"The backup cannot be made: {error.detail}") from error
    detail = f"{manifest.faces} faces of {manifest.groups} groups"
    storage.journal.add(Event(actor=storage.owner, operation="backup", effect=Effect.USE, detail=detail))
    return manifest


def _copy(database: Database, keys: KeyRing, copy: Path, progress: Callable[[int], None]) -> Manifest:
    made_at = datetime.now(UTC)
    if isinstance(database, SqliteDatabase):
        database.copy_to(copy)
    if isinstance(database, SqliteDatabase) and (strange := strange_parts(copy)):
        raise SetupError(
            f"The database has another schema than ours, so nothing was written: {', '.join(strange)}."
        )
    with closing(SqliteDatabase(copy)) as copied:
        if not isinstance(database, SqliteDatabase):
            copy_all(database, copied, lambda _: None)
        faults = checking.check_all(copied, keys, progress)
        if faults:
            raise SetupError(f"The database is not in order, so nothing was written: {' '.join(faults)}")
        with copied.read() as connection:
            counts = {table.name: _count(connection, table) for table in (apps, groups, faces)}
            current = metadata.is_current(keys.current, get_metadata(connection, metadata.CHECK))
    if not current:
        raise SetupError("The master key has just been replaced by another. Make the backup again.")
    manifest = Manifest(
        made_at=made_at.isoformat(timespec="seconds"),
        made_by=visavis.__version__,
        made_from="sqlite" if isinstance(database, SqliteDatabase) else "postgresql",
        apps=counts["apps"],
        groups=counts["groups"],
        faces=counts["faces"],
        bytes=copy.stat().st_size,
        sha256=fingerprint(copy),
    )
    return manifest.signed(keys.current)


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()
