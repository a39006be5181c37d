"""Checks the consistency of a database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

from sqlalchemy import Connection, func, select, text

from visavis.errors import ServiceError
from visavis.storage.database.connection import Database
from visavis.storage.database.schema import apps, deletions, faces, groups
from visavis.storage.gallery import face_rows
from visavis.storage.keys.cipher import GroupBinding
from visavis.storage.keys.ring import KeyRing


def check_all(database: Database, keys: KeyRing, progress: Callable[[int], None]) -> list[str]:
    """Every fault found, in one sentence each.

    Checks that counters equal the number of rows, that versions fit the recorded changes, and that every template
    opens. `progress` is called with the number of templates opened since its last call.
    """
    with database.read() as connection:
        return [*_structure(connection), *_apps(connection), *_groups(connection, keys, progress)]


def _structure(connection: Connection) -> Iterator[str]:
    if connection.dialect.name == "sqlite":
        for (fault,) in connection.execute(text("PRAGMA integrity_check")):
            if fault != "ok":
                yield f"The database's file is damaged: {fault}."
        if connection.execute(text("PRAGMA foreign_key_check")).first() is not None:
            yield "There are rows that belong to nothing."


def _apps(connection: Connection) -> Iterator[str]:
    owned = select(func.count()).select_from(groups).where(groups.c.app_id == apps.c.id).scalar_subquery()
    for name, counted, present in connection.execute(select(apps.c.name, apps.c.group_count, owned)):
        if counted != present:
            yield f"App {name!r} counts {counted} groups and has {present}."


def _groups(connection: Connection, keys: KeyRing, progress: Callable[[int], None]) -> Iterator[str]:
    columns = (groups.c.id, groups.c.app_id, groups.c.name, groups.c.model)
    state = (groups.c.version, groups.c.face_count, groups.c.wrapped_key)
    for *identity, version, face_count, wrapped_key in connection.execute(select(*columns, *state)).all():
        group_key, app_id, name, model = identity
        shown = f"Group {name!r} (number {group_key})"
        newest = connection.scalar(select(func.max(faces.c.version)).where(faces.c.group_id == group_key)) or 0
        deleted = connection.scalar(select(func.max(deletions.c.version)).where(deletions.c.group_id == group_key))
        if max(newest, deleted or 0) > version:
            yield f"{shown} has changes newer than its version, {version}."
        opened = 0
        try:
            cipher = keys.group_cipher(wrapped_key, GroupBinding(app_id, group_key, name, model))
            with closing(face_rows.templates_after(connection, group_key, 0)) as batches:
                for batch in batches:
                    cipher.open_all([(face_id, template) for _, face_id, template in batch])
                    opened += len(batch)
                    progress(len(batch))
        except ServiceError as error:
            yield f"{shown}: {error.detail}"
        else:
            if opened != face_count:
                yield f"{shown} counts {face_count} faces and has {opened}."
