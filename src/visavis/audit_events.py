"""The nouns of the audit log: who did what, to which group and faces, and what came of it.

Nothing here can hold a picture, a template, an embedding or a key: a face is named by its id, a key by its row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

OK = "ok"
"""The result of what succeeded; that of anything else is its error code."""


class ActorKind(StrEnum):
    """What sort of somebody."""

    APP = "app"
    """A client, by an app's keys."""
    ADMIN = "admin"
    """Whoever has the admin token."""
    USER = "user"
    """Somebody who signed in to the console."""
    COMMAND = "command"
    """A command on the machine, given by a user of the system."""
    SERVER = "server"
    """A server, by itself."""


class Effect(IntEnum):
    """What an operation does to what is kept; the settings say down to which of these is recorded."""

    CHANGE = 0
    """It changes something, or decides who may."""
    USE = 1
    """It looks at faces: detects, compares, verifies, searches."""
    LISTING = 2
    """It shows records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who, and from where."""

    kind: ActorKind
    user: str | None = None
    """Name of the user of console or system."""
    key_id: int | None = None
    """Which of the app's keys, by the number of its row."""
    address: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something done, or attempted."""

    actor: Actor
    operation: str
    effect: Effect
    dialect: str | None = None
    app_id: int | None = None
    app: str | None = None
    """The app that acted, or was acted upon, by its name at that time."""
    group: str | None = None
    faces: tuple[str, ...] = ()
    """Ids of the faces that were added, deleted or asked about; never of those that a search found."""
    detail: str | None = None
    """What was changed to what, in a few words."""
    result: str = OK
    count: int = 1
    """How many times, where like events are told as one."""


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """An event as it stands in the log."""

    position: int
    """1, 2, 3, ... without a gap."""
    id: str
    at: datetime
    event: Event
    link: bytes
    """HMAC-SHA256 over this record and the link before it."""

    def shown(self) -> dict[str, Any]:
        """As it is exported, listed and shown: what is not set is left out."""
        event, actor = self.event, self.event.actor
        facts = {
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
        return {name: value for name, value in facts.items() if value is not None}


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Narrows the log to the records that agree with all that is set."""

    since: datetime | None = None
    until: datetime | None = None
    """That moment itself left out."""
    app: str | None = None
    operation: str | None = None
    group: str | None = None
    face: str | None = None


@dataclass(frozen=True, slots=True)
class AuditHead:
    """The end of the log: who has noted it down notices when the log is cut off before it."""

    position: int
    link: bytes

    def __str__(self) -> str:
        return f"{self.position}:{self.link.hex()}"

    @classmethod
    def read(cls, text: str) -> AuditHead:
        """From what `str` makes of a head. Raises ValueError."""
        position, _, link = text.strip().partition(":")
        if not (position.isascii() and position.isdecimal() and len(link) == 64):
            raise ValueError("a head is a position, a colon and 64 hexadecimal digits")
        return cls(int(position), bytes.fromhex(link))
