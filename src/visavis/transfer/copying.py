"""Copies a whole database to another one, which may be of the other kind.

Ids stay the same, since keys and templates are bound to them. A copy that was interrupted continues where it
stopped; until it is complete, no server starts on the target.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, func, insert, select, text

from visavis.errors import SetupError
from visavis.storage.database import migrations
from visavis.storage.database.connection import Database
from visavis.storage.database.metadata import UNFINISHED_COPY, get_metadata, set_metadata
from visavis.storage.database.schema import audit, faces, meta, metadata, recognition_events, webhook_deliveries

Progress = Callable[[int], None]
"""Called with the number of rows copied since its last call."""

_ROWS = 2_000
"""Faces, or records of the audit log, in one transaction."""

_GROWING = {
    faces: faces.c.id,
    audit: audit.c.position,
    recognition_events: recognition_events.c.id,
    webhook_deliveries: webhook_deliveries.c.id,
}
"""Tables of any size, which are copied and compared in batches, with the column that orders them."""

_TABLES = [table for table in metadata.sorted_tables if table is not meta]
"""All tables except `meta`, each after the tables that it refers to."""


def count_rows(database: Database) -> int:
    """Upgrade the schema of this database; return the number of rows that a copy of it has."""
    with database.set_up() as connection:
        migrations.upgrade(connection)
    with database.read() as connection:
        return sum(_count(connection, table) for table in (meta, *_TABLES))


def copy_all(source: Database, target: Database, progress: Progress) -> dict[str, int]:
    """Copy everything, compare both sides row by row, and return the number of rows of each table.

    The schema of the source must be up to date. The source is read in one transaction, so changes during the copy
    are not included. Raises SetupError if the target has records of another source, or both sides differ in the
    end.
    """
    with target.set_up() as connection:
        migrations.upgrade(connection)
    with source.read() as reader:
        _begin(reader, target, progress)
        for table in _TABLES:
            _copy_table(reader, target, table, progress)
        counts = _compare(reader, target)
        _finish(reader, target)
    return counts


def _begin(reader: Connection, target: Database, progress: Progress) -> None:
    """Copy `meta`, and add a mark to it that identifies the source."""
    if get_metadata(reader, UNFINISHED_COPY) is not None:
        raise SetupError("The source is itself a copy that was not finished.")
    rows = _rows(reader, meta)
    mark = hashlib.sha256(repr(sorted(rows)).encode()).digest()
    with target.set_up() as connection:
        found = get_metadata(connection, UNFINISHED_COPY)
        if found is None:
            if any(_count(connection, table) for table in (meta, *_TABLES)):
                raise SetupError("The target has records already. Copy into an empty database.")
            connection.execute(insert(meta), [row._asdict() for row in rows])
            set_metadata(connection, UNFINISHED_COPY, mark)
        elif found != mark:
            raise SetupError(
                "The target contains an unfinished copy of another database. Start with an empty one."
            )
    progress(len(rows))


def _copy_table(reader: Connection, target: Database, table: Table, progress: Progress) -> None:
    """Copy missing rows: of growing tables all after the last row of the target, of other tables all or none."""
    order = _GROWING.get(table)
    with target.read() as connection:
        present = _count(connection, table)
        last = None if order is None else connection.scalar(select(func.max(order)))
    progress(present)
    if present and order is None:
        return
    statement = select(table) if order is None else select(table).order_by(order)
    if order is not None and last is not None:
        statement = statement.where(order > last)
    with reader.execute(statement, execution_options={"yield_per": _ROWS}) as rows:
        if order is not None:
            for batch in rows.partitions():
                with target.write() as connection:
                    connection.execute(insert(table), [row._asdict() for row in batch])
                progress(len(batch))
            return
        with target.write() as connection:
            for batch in rows.partitions():
                connection.execute(insert(table), [row._asdict() for row in batch])
                progress(len(batch))


def _compare(reader: Connection, target: Database) -> dict[str, int]:
    with target.read() as connection:
        for table in _TABLES:
            if _digest(reader, table) != _digest(connection, table):
                raise SetupError(
                    f"Source and target differ in {table.name}: the source has changed since the copy began. "
                    f"Stop its servers and copy into an empty database."
                )
        return {table.name: _count(connection, table) for table in _TABLES}


def _finish(reader: Connection, target: Database) -> None:
    """Continue the numbering of the source, since ids are never used twice; then remove the mark."""
    with target.write() as connection:
        for table in _TABLES:
            if "id" in table.c:
                _continue_after(connection, table, _last_id(reader, table))
        connection.execute(delete(meta).where(meta.c.key == UNFINISHED_COPY))


def _last_id(connection: Connection, table: Table) -> int:
    """The highest id that was ever used."""
    if connection.dialect.name == "sqlite":
        given = connection.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
    else:
        sequence = connection.scalar(select(func.pg_get_serial_sequence(table.name, "id")))
        given = connection.scalar(text(f"SELECT CASE WHEN is_called THEN last_value END FROM {sequence}"))  # noqa: S608 - the database's own word
    return int(given or connection.scalar(select(func.max(table.c.id))) or 0)


def _continue_after(connection: Connection, table: Table, last: int) -> None:
    if connection.dialect.name == "sqlite":
        values = {"name": table.name, "last": last}
        if connection.scalar(text("SELECT 1 FROM sqlite_sequence WHERE name = :name"), values):
            connection.execute(text("UPDATE sqlite_sequence SET seq = :last WHERE name = :name"), values)
        elif table.dialect_options["sqlite"]["autoincrement"]:
            connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), values)
    elif last:
        connection.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "id"), last)))


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _rows(connection: Connection, table: Table) -> Sequence[Row[Any]]:
    return connection.execute(select(table)).all()


def _digest(connection: Connection, table: Table) -> bytes:
    """SHA-256 over the SHA-256 of every row, in order for growing tables, sorted for other tables."""
    order = _GROWING.get(table)
    if order is not None:
        statement = select(table).order_by(order)
        with connection.execute(statement, execution_options={"yield_per": _ROWS}) as rows:
            return _hash(_row_digest(row) for row in rows)
    return _hash(iter(sorted(map(_row_digest, _rows(connection, table)))))


def _row_digest(row: Row[Any]) -> bytes:
    return hashlib.sha256(repr(tuple(row)).encode(errors="surrogatepass")).digest()


def _hash(digests: Iterator[bytes]) -> bytes:
    whole = hashlib.sha256()
    for digest in digests:
        whole.update(digest)
    return whole.digest()
