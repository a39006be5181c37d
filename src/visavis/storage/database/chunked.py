"""Queries for more values than one statement takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import Column, ColumnElement, Connection, select

Value = TypeVar("Value", int, str, bytes)

BATCH = 1000
"""How many values one IN gets, well below the limit of any database."""


def chunked_in(
    connection: Connection, column: Column[Value], wanted: Sequence[Value], *conditions: ColumnElement[bool]
) -> set[Value]:
    """The values out of `wanted` that the column has in rows which meet the conditions: one IN for each batch."""
    found: set[Value] = set()
    for start in range(0, len(wanted), BATCH):
        few = column.in_(wanted[start : start + BATCH])
        found.update(connection.scalars(select(column).where(*conditions, few)))
    return found
