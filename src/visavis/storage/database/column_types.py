"""Columns and rows: how values are kept, so that both databases give back what was stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, String, TypeDecorator


class UtcTime(TypeDecorator[datetime]):
    """A moment: timezone-aware in Python, UTC without a zone in the database."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - its interface
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - its interface
        return None if value is None else value.replace(tzinfo=UTC)


Id = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits in both databases. SQLite numbers rows by itself only in a column declared as INTEGER."""


class Label(TypeDecorator[str]):
    """Text that clients search for. PostgreSQL cannot store NUL, so text with a NUL matches no row."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - its interface
        # No stored id is empty.
        return "" if value is not None and "\0" in value else value


Name = String(collation="C").with_variant(String(), "sqlite")
"""Text that both databases sort by code points, which pages of names depend on."""

Row: TypeAlias = Mapping[Any, Any]
"""A row: the values of its columns, by name. Their types are those of the table's columns."""
