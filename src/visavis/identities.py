"""Who sends requests: apps with their keys, and people with their sessions."""

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
    """Names of the wire protocols that are switched off for this app."""
    rate_limit: str = ""
    """How many requests it may send to one node, such as `600/minute`; empty means no limit."""


@dataclass(frozen=True, slots=True)
class Caller:
    """An app that was authenticated, and the key that it used."""

    app: App
    key_id: int
    """Row number of the key."""


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
    """What the server knows about a key of an app. It does not know the key itself."""

    id: int
    kind: KeyKind
    created_at: datetime
    retires_at: datetime | None
    """When it stops working; None means never."""


class Role(StrEnum):
    """What a person may do in the console. Each role includes the ones before it."""

    VIEWER = "viewer"
    """May see groups, faces and the state of the server."""
    OPERATOR = "operator"
    """May use pictures, and create, change and delete groups and faces."""
    ADMINISTRATOR = "administrator"
    """May manage apps, keys and users, and read the audit log."""


@dataclass(frozen=True, slots=True)
class User:
    """A person who may sign in to the console."""

    id: int
    name: str
    role: Role
    created_at: datetime
    language: str = ""
    """Empty if the browser decides."""
    theme: str = ""
    """Empty if the browser decides."""


@dataclass(frozen=True, slots=True)
class Session:
    """A browser in which a user has signed in."""

    user: User
    created_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Invitation:
    """Lets its holder open one account, or set a new password for `user`."""

    role: Role
    user: User | None
    expires_at: datetime
