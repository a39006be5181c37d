"""Metadata of the database: values by name, in the table `meta`."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select, update

from visavis.storage.database.schema import meta

UNFINISHED_COPY = "unfinished copy"
"""The name that marks a database into which another one is being copied."""


def get_metadata(connection: Connection, name: str) -> bytes | None:
    return connection.scalar(select(meta.c.value).where(meta.c.key == name))


def set_metadata(connection: Connection, name: str, value: bytes) -> None:
    """Set or replace a value, inside a write transaction."""
    if not connection.execute(update(meta).where(meta.c.key == name).values(value=value)).rowcount:
        connection.execute(insert(meta).values(key=name, value=value))


def delete_metadata(connection: Connection, name: str) -> None:
    connection.execute(delete(meta).where(meta.c.key == name))
