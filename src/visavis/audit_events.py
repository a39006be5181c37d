"""Types of the audit log: who did what, to which group and faces, with what result.

None of them can hold a picture, a template, an embedding or a key: a face is named by its id, a key by its row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

OK = "ok"
"""The result of an operation that succeeded; one that failed has its error code as result."""

FAILED = "failed"
"""In a filter: every result but `ok`."""


class ActorKind(StrEnum):
    """Kinds of actors."""

    APP = "app"
    """A client that uses an app's keys."""
    ADMIN = "admin"
    """A client that uses the admin token."""
    USER = "user"
    """A person who signed in to the console."""
    COMMAND = "command"
    """A command, run by a user of the operating system."""
    SERVER = "server"
    """The server itself."""


class Effect(IntEnum):
    """What an operation does to stored data. A setting says up to which of these operations are recorded."""

    CHANGE = 0
    """It changes data or permissions."""
    USE = 1
    """It uses faces: detects, compares, verifies, searches."""
    LISTING = 2
    """It lists records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who did something, and from which address."""

    kind: ActorKind
    user: str | None = None
    """Name of the user of the console or of the operating system, or of a client's user access key."""
    key_id: int | None = None
    """Row number of the app's key that was used."""
    address: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An operation that was carried out or attempted."""

    actor: Actor
    operation: str
    effect: Effect
    dialect: str | None = None
    app_id: int | None = None
    app: str | None = None
    """Name, at that time, of the app that acted or was changed."""
    group: str | None = None
    faces: tuple[str, ...] = ()
    """Ids of the faces that were added, deleted or asked about; never of faces that a search found."""
    detail: str | None = None
    """What was changed, and to which value, in a few words."""
    result: str = OK
    count: int = 1
    """How many events this one stands for."""


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """An event in the log."""

    position: int
    """1, 2, 3, ... without a gap."""
    id: str
    at: datetime
    event: Event
    link: bytes
    """HMAC-SHA256 over this record and the link before it."""

    def shown(self) -> dict[str, object]:
        """The record as it is exported, listed and shown in JSON. Fields that are not set are left out."""
        event, actor = self.event, self.event.actor
        fields = {
            "position": self.position,
            "id": self.id,
            "at": self.at.isoformat(timespec="microseconds"),
            "actor": actor.kind.value,
            "user": actor.user,
            "app": event.app,
            "app_id": event.app_id,
            "key_id": actor.key_id,
            "address": actor.address,
            "request_id": actor.request_id,
            "dialect": event.dialect,
            "operation": event.operation,
            "group": event.group,
            "faces": list(event.faces) or None,
            "detail": event.detail,
            "result": event.result,
            "count": event.count if event.count > 1 else None,
            "link": self.link.hex(),
        }
        return {name: value for name, value in fields.items() if value is not None}


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Selects the records that match every field that is set."""

    since: datetime | None = None
    until: datetime | None = None
    """Records before this moment."""
    app: str | None = None
    """Name of the app at that time; another may have had it before."""
    operation: str | None = None
    group: str | None = None
    faces: tuple[str, ...] | None = None
    """Ids; a record about any of these faces matches."""
    actor: ActorKind | None = None
    user: str | None = None
    """Name of the actor."""
    result: str | None = None
    app_id: int | None = None
    """Number of the app, which no other app ever has."""
    """`ok`, an error code, or `failed`."""


@dataclass(frozen=True, slots=True)
class AuditNames:
    """What the records of the log name: each once, in ascending order."""

    apps: tuple[str, ...] = ()
    groups: tuple[tuple[str, str], ...] = ()
    """Pairs of app and group."""
    operations: tuple[tuple[Effect, str], ...] = ()
    actors: tuple[ActorKind, ...] = ()
    users: tuple[str, ...] = ()
    """Users of the console."""
    results: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditHead:
    """The last record of the chain. Whoever keeps a copy of it can tell later whether the log was cut off."""

    position: int
    link: bytes

    def __str__(self) -> str:
        return f"{self.position}:{self.link.hex()}"

    @classmethod
    def read(cls, text: str) -> AuditHead:
        """Read a head from its text, such as `17:` and 64 hexadecimal digits. Raises ValueError."""
        position, _, link = text.strip().partition(":")
        if not (position.isascii() and position.isdecimal() and len(link) == 64):
            raise ValueError("a head is a position, a colon and 64 hexadecimal digits")
        return cls(int(position), bytes.fromhex(link))
