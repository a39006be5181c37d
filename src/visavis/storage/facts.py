"""Facts about the database itself, by name."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from visavis.storage.schema import meta

UNFINISHED_COPY = "unfinished copy"
"""The name of the fact that marks a database into which another one is being copied."""


def get_meta(connection: Connection, key: str) -> bytes | None:
    return connection.scalar(select(meta.c.value).where(meta.c.key == key))


def put_meta(connection: Connection, key: str, value: bytes) -> None:
    connection.execute(insert(meta).values(key=key, value=value))
