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
    access_key: str | None = None
    """Name of the user access key, where a token of it was used too."""


working_for: ContextVar[str] = ContextVar("working_for", default="")
"""The name of the app whose request is being worked on; nothing where it is the operator's own. What apps share is
shared fairly by it."""


class KeyKind(StrEnum):
    """The three credentials of an app (contract.md, "One gallery, five dialects")."""

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


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A user access key: an id and a secret, with which a client gets access tokens (RFC 6749, 4.4)."""

    number: int
    """Row number."""
    id: str
    """What the client sends beside the secret."""
    name: str
    apps: frozenset[int] | None
    """Ids of the apps that its tokens have a right to; None means all apps, also future ones."""
    lifetime_seconds: int
    """How long a token of it is valid."""
    created_at: datetime
    old_secret_until: datetime | None = None
    """When the secret before the last rotation stops working; None if there is none."""

    def covers(self, app: App) -> bool:
        """Whether its tokens have a right to this app."""
        return self.apps is None or app.id in self.apps


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
    """Lets its holder open one account, or set a new password for `user`."""

    role: Role
    user: User | None
    expires_at: datetime
