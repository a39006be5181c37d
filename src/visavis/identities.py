"""Who asks: apps with their keys, and people with their sessions."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class App:
    """The owner of groups and keys."""

    id: int
    name: str
    created_at: datetime
    dialects_off: frozenset[str] = frozenset()
    """The wire protocols this app does not speak, by name."""
    rate_limit: str = ""
    """How many requests it may send to a node in how long, such as `600/minute`; nothing means any number."""


@dataclass(frozen=True, slots=True)
class Caller:
    """An app, and which of its keys it has shown."""

    app: App
    key_id: int
    """Number of the key's row."""


working_for: ContextVar[str] = ContextVar("working_for", default="")
"""The name of the app whose request is being worked on; nothing where it is the operator's own. What apps share is
shared fairly by it."""


class KeyKind(StrEnum):
    """The three credentials of an app (contract.md, "One gallery, four dialects")."""

    APP_KEY = "appKey"
    SECRET_KEY = "secretKey"  # noqa: S105 - the name of a kind, not a secret
    API_KEY = "apiKey"


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What is known about a key of an app: all but the key."""

    id: int
    kind: KeyKind
    created_at: datetime
    retires_at: datetime | None
    """When it stops working; None means never."""


class Role(StrEnum):
    """What a person may do in the console; each may do all that those before it may."""

    VIEWER = "viewer"
    """Look at groups, faces and the state of the server."""
    OPERATOR = "operator"
    """Work with pictures; make, change and delete groups and faces."""
    ADMINISTRATOR = "administrator"
    """Apps and their keys, users, the audit trail."""


@dataclass(frozen=True, slots=True)
class User:
    """A person who may sign in to the console."""

    id: int
    name: str
    role: Role
    created_at: datetime
    language: str = ""
    """Empty where the browser decides; likewise for the theme."""
    theme: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that a user has signed in with."""

    user: User
    created_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Invitation:
    """Lets its bearer open an account once, or choose a new password for the one of `user`."""

    role: Role
    user: User | None
    expires_at: datetime
