"""Checks the consistency of a database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import Any

from sqlalchemy import Connection, String, func, select, text, type_coerce
from sqlalchemy.exc import SQLAlchemyError

from visavis.errors import ServiceError
from visavis.storage.audit.record_codec import AuditKeys
from visavis.storage.audit.verify import verify
from visavis.storage.database.column_types import UtcTime
from visavis.storage.database.connection import Database
from visavis.storage.database.guard import differences
from visavis.storage.database.metadata import get_metadata
from visavis.storage.database.schema import (
    apps,
    deletions,
    faces,
    groups,
    metadata,
    persons,
    recognition_events,
    stranger_counts,
    tombstones,
    webhook_deliveries,
)
from visavis.storage.gallery import face_rows
from visavis.storage.keys import metadata as key_metadata
from visavis.storage.keys.cipher import GroupBinding
from visavis.storage.keys.ring import KeyRing
from visavis.storage.proof.face_sets import SEAL_BYTES, no_total, sum_of
from visavis.storage.proof.record_sets import KINDS, Kind
from visavis.storage.proof.records import Proofs

_MOMENT = "####-##-## ##:##:##.######".replace("#", "[0-9]")

_UNREADABLE = (SQLAlchemyError, ValueError, TypeError, OverflowError)
"""What reading raises where a value is none of its column's type."""


def check_all(database: Database, keys: KeyRing, progress: Callable[[int], None]) -> list[str]:
    """Every fault found, in one sentence each.

    The schema is ours, every row is what its tag says and every set has the rows that it should. Counters equal
    rows, versions agree with the changes they stand for, every template opens, the audit log is as it was
    recorded.
    """
    proofs = keys.proofs
    faults: list[str] = []
    with database.read() as connection:
        faults += _readable("The schema", lambda: _structure(connection))
        faults += _readable("The stored state of the apps", lambda: _apps(connection))
        faults += _replaced_keys(connection, keys)
        for kind in KINDS:
            faults += _readable(f"The table {kind.table.name!r}", partial(_records, connection, proofs, kind))
        faults += _readable("The table 'tombstones'", lambda: _tombstones(connection, proofs))
        faults += _readable("The table 'persons'", lambda: _persons(connection, proofs))
        faults += _readable("The recognition events", lambda: _recognition_events(connection, proofs))
        faults += _readable("What waits for webhooks", lambda: _deliveries(connection, proofs))
        faults += _readable("The stored state of the groups", lambda: _groups(connection, keys, progress))
    audit_keys = AuditKeys(keys.derive)
    faults += _readable("The audit log", lambda: verify(database, audit_keys, (), lambda _: None).faults)
    return faults


def _readable(what: str, find: Callable[[], Iterator[str] | list[str]]) -> list[str]:
    try:
        return list(find())
    except _UNREADABLE:
        return [f"{what} cannot be read."]
    except ServiceError as error:
        return [f"{what} cannot be read: {error.detail}"]


def _structure(connection: Connection) -> Iterator[str]:
    if connection.dialect.name == "sqlite":
        for (fault,) in connection.execute(text("PRAGMA integrity_check")):
            if fault != "ok":
                yield f"The database's file is damaged: {fault}."
        if connection.execute(text("PRAGMA foreign_key_check")).first() is not None:
            yield "There are orphaned rows."
        yield from _moments(connection)
    yield from differences(connection)


def _moments(connection: Connection) -> Iterator[str]:
    """SQLite keeps moments as text, and reads the same of several spellings; we write one."""
    for table in metadata.tables.values():
        for column in table.c:
            if isinstance(column.type, UtcTime):
                text_ = type_coerce(column, String)
                otherwise = select(func.count()).select_from(table).where(text_.op("NOT GLOB")(_MOMENT))
                if connection.scalar(otherwise):
                    yield f"The table {table.name!r} has moments in {column.name!r} in another format than ours."


def _replaced_keys(connection: Connection, keys: KeyRing) -> Iterator[str]:
    is_current = key_metadata.is_current(keys.current, get_metadata(connection, key_metadata.CHECK))
    if is_current and not key_metadata.is_retired_list_ours(connection, keys.current):
        yield "The record of replaced master keys was altered."


def _apps(connection: Connection) -> Iterator[str]:
    owned = select(func.count()).select_from(groups).where(groups.c.app_id == apps.c.id).scalar_subquery()
    for name, counted, present in connection.execute(select(apps.c.name, apps.c.group_count, owned)):
        if counted != present:
            yield f"App {name!r} counts {counted} groups and has {present}."


def _records(connection: Connection, proofs: Proofs, kind: Kind) -> Iterator[str]:
    """Rows that are not what was kept, and sets that have not the rows that they should."""
    yield from proofs.faults(connection, kind.table, lambda row: f"The record of the {kind.shown(row)}")
    for owner in kind.owners(connection):
        yield from proofs.set_faults(connection, kind, owner)


def _tombstones(connection: Connection, proofs: Proofs) -> list[str]:
    return proofs.faults(connection, tombstones, lambda row: f"What is remembered of the group {row['name']!r}")


def _persons(connection: Connection, proofs: Proofs) -> list[str]:
    return proofs.faults(connection, persons, lambda row: f"The name of the person {row['external_image_id']!r}")


def _recognition_events(connection: Connection, proofs: Proofs) -> list[str]:
    altered_events = proofs.faults(
        connection, recognition_events, lambda row: f"The recognition event {row['id']}"
    )
    return altered_events + proofs.faults(
        connection, stranger_counts, lambda row: f"The count of strangers of {row['day']}"
    )


def _deliveries(connection: Connection, proofs: Proofs) -> list[str]:
    return proofs.faults(connection, webhook_deliveries, lambda row: f"The delivery {row['id']} to a webhook")


def _groups(connection: Connection, keys: KeyRing, progress: Callable[[int], None]) -> Iterator[str]:
    columns = (groups.c.id, groups.c.app_id, groups.c.name, groups.c.model)
    state = (groups.c.version, groups.c.floor, groups.c.face_count, groups.c.wrapped_key, groups.c.face_set)
    for row in connection.execute(select(*columns, *state)).mappings().all():
        shown = f"Group {row['name']!r} (number {row['id']})"
        yield from _changes(connection, keys.proofs, row, shown)
        try:
            yield from _faces(connection, keys, row, shown, progress)
        except ServiceError as error:
            yield f"{shown}: {error.detail}"


def _changes(connection: Connection, proofs: Proofs, group: Any, shown: str) -> Iterator[str]:
    """Whether the group's version is above all that has changed, and deletions are those that were recorded."""
    newest = connection.scalar(select(func.max(faces.c.version)).where(faces.c.group_id == group["id"])) or 0
    gone = connection.execute(select(deletions).where(deletions.c.group_id == group["id"])).mappings().all()
    if max(newest, *(row["version"] for row in gone), 0) > group["version"]:
        yield f"{shown} has changes newer than its version, {group['version']}."
    if not all(proofs.tags.fits(deletions, row) for row in gone):
        yield f"{shown}: the record of its deletions was altered."


def _faces(
    connection: Connection, keys: KeyRing, group: Any, shown: str, progress: Callable[[int], None]
) -> Iterator[str]:
    """Whether the group has the faces that it should, each with its labels and a template that opens."""
    group_key, proofs = group["id"], keys.proofs
    cipher = keys.group_cipher(
        group["wrapped_key"], GroupBinding(group["app_id"], group_key, group["name"], group["model"])
    )
    expected = proofs.faces.open(
        group_key, group["version"], group["floor"], group["face_count"], group["face_set"]
    )
    seen, total = 0, no_total()
    with closing(face_rows.whole_rows(connection, group_key)) as batches:
        for batch in batches:
            yield from _altered_faces(proofs, batch)
            cipher.open_all([(row["face_id"], row["template"]) for row in batch])
            sequences, tags = ([row[name] for row in batch] for name in ("version", "tag"))
            seals = [row["template"][-SEAL_BYTES:] for row in batch]
            total = total + sum_of(face_rows.elements_of(proofs, group_key, sequences, tags, seals))
            seen += len(batch)
            progress(len(batch))
    if seen != group["face_count"]:
        yield f"{shown} counts {group['face_count']} faces and has {seen}."
    if expected is None or (total != expected).any():
        yield f"{shown} does not have the faces that it should: one was changed, removed or restored."


def _altered_faces(proofs: Proofs, batch: Sequence[Any]) -> Iterator[str]:
    for row in batch:
        if not proofs.tags.fits(faces, row):
            yield f"The record of the face {row['face_id']!r} was altered."
