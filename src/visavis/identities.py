"""Who sends requests: apps with their keys, and people with their sessions."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias


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
    """What a user of the console is on this server. What each may do is in `core.permissions`."""

    FORMER_VIEWER = "viewer"
    """A viewer in every app, as there were before roles in apps. Nobody is made one any more."""
    FORMER_OPERATOR = "operator"
    """An operator in every app, as there were before roles in apps. Nobody is made one any more."""
    MEMBER = "member"
    """May do in each app what the role there allows, and see no other app."""
    ADMINISTRATOR = "administrator"
    """May do everything in every app, and manage apps, keys and users."""


class AppRole(StrEnum):
    """What a member may do in one app. Each role includes the ones before it."""

    DOOR = "door"
    """May use the door views, which name whoever stands before the camera, and sees no list of people."""
    VIEWER = "viewer"
    """May see groups, persons, faces and events, and search."""
    OPERATOR = "operator"
    """May register, rename, merge and delete persons and faces, and use pictures."""
    MANAGER = "manager"
    """May manage groups and the keys of the app, and read its part of the audit log."""


AppRoles: TypeAlias = Mapping[int, AppRole]
"""The roles of a member by the ids of apps. An app that is not in it is not seen at all."""


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
    app_roles: AppRoles = field(default_factory=dict, hash=False)
    """Empty unless the user is a member."""


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
    app_roles: AppRoles = field(default_factory=dict, hash=False)
    """The roles in apps of the new account."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """Lets its holder open one account, or set a new password for `user`."""

    role: Role
    user: User | None
    expires_at: datetime
    app_roles: AppRoles = field(default_factory=dict, hash=False)
    """The roles in apps of the new account."""
