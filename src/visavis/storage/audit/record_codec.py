"""Converts events to rows, and to the bytes that are sealed and linked."""

from __future__ import annotations

import hmac
import json
import secrets
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from visavis.audit_events import Actor, ActorKind, AuditHead, AuditRecord, Effect, Event
from visavis.storage.database.column_types import Row
from visavis.storage.database.schema import AUDIT_COLUMNS

GENESIS = AuditHead(0, bytes(32))
"""The head of an empty chain."""

_COLUMNS = {"id": "uid", "user": "user_name", "group": "group_name", "count": "times"}
"""The columns of fields that have another name in the database. All seals are over these names, so they stay."""
_FIELDS = {column: field for field, column in _COLUMNS.items()}

_MAX_TEXT = 255
_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


class AuditKeys:
    """The keyed hashes of the log. Nobody can add or change a record without the master key."""

    def __init__(self, derive: Callable[[str], bytes]) -> None:
        self._seals = derive("audit seals")
        self._links = derive("audit links")
        self._cuts = derive("audit cuts")

    def seal(self, columns: Mapping[str, object]) -> bytes:
        """The HMAC of a record that is not chained yet."""
        return hmac.digest(self._seals, canonical(columns), "sha256")

    def link(self, before: AuditHead, columns: Mapping[str, object]) -> bytes:
        """The HMAC of a record, its position and the link before it."""
        position = (before.position + 1).to_bytes(8, "big")
        return hmac.digest(self._links, before.link + position + canonical(columns), "sha256")

    def cut(self, at: AuditHead) -> bytes:
        """The HMAC of the last record that was pruned."""
        return hmac.digest(self._cuts, pack(at), "sha256")


def canonical(columns: Mapping[str, object]) -> bytes:
    """The canonical bytes of a record: JSON in ASCII, names sorted, fields that are not set left out."""
    spelt = {name: _spelt(columns[name]) for name in AUDIT_COLUMNS if columns[name] is not None}
    return _JSON.encode(spelt).encode()


def column_of(field: str) -> str:
    """The column of a record's field, such as `group`."""
    return _COLUMNS.get(field, field)


def columns_of(event: Event, at: datetime) -> dict[str, Any]:
    """The columns of a new record of this event."""
    actor = event.actor
    fields = {
        "id": _new_id(),
        "at": at,
        "actor": actor.kind.value,
        "user": _plain(actor.user),
        "app_id": event.app_id,
        "app": _plain(event.app),
        "key_id": actor.key_id,
        "address": _plain(actor.address),
        "request_id": _plain(actor.request_id),
        "dialect": event.dialect,
        "operation": event.operation,
        "effect": int(event.effect),
        "group": _plain(event.group),
        "faces": " ".join(_plain(face.replace(" ", "?")) or "" for face in event.faces) or None,
        "detail": _plain(event.detail),
        "result": event.result,
        "count": event.count,
    }
    return {column_of(field): value for field, value in fields.items()}


def record_of(row: Row) -> AuditRecord:
    """The record in a row of the log."""
    fields = {_FIELDS.get(column, column): value for column, value in row.items()}
    actor = Actor(
        kind=ActorKind(fields["actor"]),
        user=fields["user"],
        key_id=fields["key_id"],
        address=fields["address"],
        request_id=fields["request_id"],
    )
    event = Event(
        actor=actor,
        operation=fields["operation"],
        effect=Effect(fields["effect"]),
        dialect=fields["dialect"],
        app_id=fields["app_id"],
        app=fields["app"],
        group=fields["group"],
        faces=tuple((fields["faces"] or "").split()),
        detail=fields["detail"],
        result=fields["result"],
        count=fields["count"],
    )
    return AuditRecord(fields["position"], fields["id"], fields["at"], event, fields["link"])


def pack(head: AuditHead) -> bytes:
    return head.position.to_bytes(8, "big") + head.link


def unpack(value: bytes) -> AuditHead:
    return AuditHead(int.from_bytes(value[:8], "big"), value[8:40])


def _new_id() -> str:
    """A UUID of version 7 with a resolution of 244 ns (RFC 9562, 6.2, method 3).

    Ids ascend with time, so records in the inbox are about in the order of their time.
    """
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    part = (rest << 12) // 1_000_000
    number = milliseconds << 80 | 0x7 << 76 | part << 64 | 0b10 << 62 | secrets.randbits(62)
    return str(uuid.UUID(int=number))


def _plain(text: str | None) -> str | None:
    """Text from clients, shortened, and without characters that a database or a terminal cannot handle."""
    if text is None:
        return None
    short = text[:_MAX_TEXT]
    if short.isprintable():  # as nearly always
        return short
    return "".join(letter if letter.isprintable() else "?" for letter in short)


def _spelt(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value
