"""Who asks: apps with their keys, and people with their sessions."""

from __future__ import annotations

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
    proven_at: datetime | None = None
    """When the user last gave the password, and the code where there is a second factor."""
    has_second_factor: bool = False
    """Whether the user has one."""


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session as its user is shown it."""

    id: str
    """Tells it from the user's others, and lets nobody in."""
    address: str
    browser: str
    """What the browser calls itself (User-Agent)."""
    created_at: datetime
    seen_at: datetime
    is_this: bool
    """Whether it is the one that asks."""


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """An invitation that was not used yet, as administrators are shown it."""

    id: str
    """Tells it from others, and opens nothing."""
    role: Role
    user: str | None
    """Whose password it sets; None for a new account."""
    invited_by: str
    """The name of a user; empty for a command."""
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Invitation:
    """Lets its bearer open an account once, or choose a new password for the one of `user`."""

    role: Role
    user: User | None
    expires_at: datetime
