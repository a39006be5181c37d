"""Tags of rows: who lacks the master key can neither make a row nor alter one.

A tag is the keyed BLAKE2b (RFC 7693), 16 bytes, of the table's name and of every column but those named here, in
one spelling: numbers and times as 8 bytes each, whatever may be absent or of any length after its length. A column
that came later is spelt after all others, with its name, and only where it is not what it was for all rows before.
"""

from __future__ import annotations

import hmac
import struct
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from operator import itemgetter
from typing import Any

from sqlalchemy import Boolean, Column, Float, Integer, LargeBinary, String, Table

from visavis.storage.database.column_types import Label, Row, UtcTime
from visavis.storage.database.schema import (
    access_keys,
    access_tokens,
    apps,
    calibrations,
    deletions,
    faces,
    groups,
    invitations,
    keys,
    persons,
    recognition_events,
    recovery_codes,
    second_factors,
    sessions,
    stranger_counts,
    tombstones,
    users,
    webhook_deliveries,
    webhooks,
)

TAG_BYTES = 16

_APART: dict[Table, frozenset[str]] = {
    # Its set of groups says as much.
    apps: frozenset({"group_count"}),
    # Bound to one another by the sealed set of faces, since they change with every face.
    groups: frozenset({"version", "floor", "face_count", "face_set"}),
    # The number of the row decides nothing. A template is sealed for its face and is part of the set of faces.
    faces: frozenset({"id", "template"}),
    # They change with every attempt, and decide only when the next one is.
    webhook_deliveries: frozenset({"due_at", "attempts"}),
    # They change with every attempt, and are only shown.
    webhooks: frozenset({"tried_at", "result", "given_up"}),
}
_LATER: dict[Table, dict[str, int | str | None]] = {
    groups: {"recognition_event_days": 0, "recognition_event_gap_seconds": 60},
    stranger_counts: {"notified_at": None},
    users: {"app_roles": ""},
    invitations: {"app_roles": ""},
}
"""Columns that came after the tags of a table, and what they are in rows of before: such a value is not spelt."""
TAGGED = (
    access_keys,
    access_tokens,
    apps,
    keys,
    groups,
    tombstones,
    faces,
    persons,
    recognition_events,
    stranger_counts,
    calibrations,
    deletions,
    users,
    sessions,
    invitations,
    second_factors,
    recovery_codes,
    webhooks,
    webhook_deliveries,
)

_length = struct.Struct(">I").pack
_ABSENT = b"\xff\xff\xff\xff"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Spelling = Callable[[Row], bytes]


class RowTags:
    """Makes and verifies tags."""

    def __init__(self, derive: Callable[[str], bytes]) -> None:
        """`derive` makes a key of 32 bytes for a purpose."""
        self._keyed = blake2b(digest_size=TAG_BYTES, key=derive("row tags"))

    def make(self, table: Table, row: Row) -> bytes:
        """The tag of a row, given by the names of its columns; those that are no part of it may be missing."""
        hashed = self._keyed.copy()
        hashed.update(_SPELLINGS[table](row))
        return hashed.digest()

    def fits(self, table: Table, row: Row) -> bool:
        """Whether the row is what its tag was made for."""
        try:
            return hmac.compare_digest(row["tag"] or b"", self.make(table, row))
        except (struct.error, TypeError, ValueError, AttributeError):  # not even of the column's type
            return False


def tagged_columns(table: Table) -> list[Column[Any]]:
    """The columns that a tag is made of, and the tag."""
    apart = _APART.get(table, frozenset())
    return [column for column in table.c if column.name not in apart]


def _spelling(table: Table) -> Spelling:
    """How the rows of a table are spelt. Built once: this is most of what a tag costs."""
    later = _LATER.get(table, {})
    columns = [column for column in tagged_columns(table) if column.name not in {"tag", *later}]
    fixed = [column for column in columns if not column.nullable and not _is_of_any_length(column)]
    others = [column for column in columns if column not in fixed]
    numbers = [column for column in fixed if not isinstance(column.type, UtcTime)]
    moments = [column.name for column in fixed if column not in numbers]
    pack = struct.Struct(">" + "".join(map(_letter, numbers)) + "q" * len(moments)).pack
    numbers_of, converters = _getter(numbers), [_bytes_of(column) for column in others]
    others_of = _getter(others)
    came_later = [(name, before, _with_its_length(table.c[name])) for name, before in later.items()]
    begin = table.name.encode() + b"\0"

    def spell(row: Row) -> bytes:
        parts = [begin, pack(*numbers_of(row), *[_microseconds(row[name]) for name in moments])]
        for value, convert in zip(others_of(row), converters, strict=True):
            if value is None:
                parts.append(_ABSENT)
            else:
                content = convert(value)
                parts.append(_length(len(content)))
                parts.append(content)
        for name, before, convert in came_later:
            if row[name] != before:
                parts.append(name.encode() + b"\0" + convert(row[name]))
        return b"".join(parts)

    return spell


def _with_its_length(column: Column[Any]) -> Callable[[Any], bytes]:
    """The bytes of a value, after their number where that is not the same for all."""
    convert = _bytes_of(column)
    if not _is_of_any_length(column):
        return convert

    def converted(value: Any) -> bytes:
        content = convert(value)
        return _length(len(content)) + content

    return converted


def _getter(columns: Sequence[Column[Any]]) -> Callable[[Row], tuple[Any, ...]]:
    """The values of so many columns of a row."""
    names = [column.name for column in columns]
    return itemgetter(*names) if len(names) > 1 else lambda row: tuple(row[name] for name in names)


def _is_of_any_length(column: Column[Any]) -> bool:
    return isinstance(column.type, String | LargeBinary | Label)


def _letter(column: Column[Any]) -> str:
    kind = column.type
    if isinstance(kind, Float):
        return "d"
    if isinstance(kind, Boolean):
        return "?"
    assert isinstance(kind, Integer)  # noqa: S101 - of all that the schema has
    return "q"


def _bytes_of(column: Column[Any]) -> Callable[[Any], bytes]:
    kind = column.type
    if isinstance(kind, LargeBinary):
        return bytes
    if isinstance(kind, Label):
        return _label
    if isinstance(kind, String):
        return str.encode
    if isinstance(kind, UtcTime):
        return lambda value: struct.pack(">q", _microseconds(value))
    return lambda value: struct.pack(">d" if isinstance(kind, Float) else ">q", value)


def _label(value: str) -> bytes:
    """The text as the database has it: see `Label`."""
    return b"" if "\0" in value else value.encode()


@lru_cache(64)  # faces that are registered together have one time
def _microseconds(moment: datetime) -> int:
    """Since 1970."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


_SPELLINGS = {table: _spelling(table) for table in TAGGED}
