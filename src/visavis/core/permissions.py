"""Who may do what in the console: the acts that each role allows. Nothing else decides it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from visavis.identities import App, AppRole, Role, User


class Act(StrEnum):
    """What a page or an action of the console is, for the question who may use it."""

    GET_IN = "get_in"
    """Sign in and out, use a link, choose a language: for everybody, signed in or not."""
    USE_CONSOLE = "use_console"
    """See the overview and manage one's own account: for everybody who has signed in."""

    WATCH_DOOR = "watch_door"
    """Use the door views of an app."""
    READ = "read"
    """See the groups of an app with their settings, persons, faces and recognition events."""
    SEARCH = "search"
    """Search a group by a picture."""
    USE_PICTURES = "use_pictures"
    """Analyse and compare pictures."""
    EXPORT_EVENTS = "export_events"
    """Take the recognition events of a group away as a file."""
    ENROL = "enrol"
    """Register, rename, merge and delete persons and faces."""
    MANAGE_GROUPS = "manage_groups"
    """Create, change and delete groups, and switch the recording of events."""
    MANAGE_KEYS = "manage_keys"
    """See, add and revoke the keys of an app."""
    READ_APP_AUDIT = "read_app_audit"
    """Read the records of the audit log that are about an app."""
    MANAGE_APP = "manage_app"
    """Switch the protocols of an app, limit it, move its groups to another model, delete it."""

    READ_STATUS = "read_status"
    """See the state of the server, which counts the groups of all apps."""
    READ_ERRORS = "read_errors"
    """See the last errors of clients of all apps."""
    MANAGE_APPS = "manage_apps"
    """List and create apps."""
    MANAGE_ACCESS_KEYS = "manage_access_keys"
    """Manage user access keys, which may reach every app."""
    MANAGE_USERS = "manage_users"
    """Invite and delete users, and change their roles."""
    READ_AUDIT = "read_audit"
    """Read the whole audit log."""


IN_APP = frozenset(
    {
        Act.WATCH_DOOR,
        Act.READ,
        Act.SEARCH,
        Act.USE_PICTURES,
        Act.EXPORT_EVENTS,
        Act.ENROL,
        Act.MANAGE_GROUPS,
        Act.MANAGE_KEYS,
        Act.READ_APP_AUDIT,
        Act.MANAGE_APP,
    }
)
"""The acts that are done in one app."""

_DOOR = frozenset({Act.WATCH_DOOR})
_VIEWER = _DOOR | {Act.READ, Act.SEARCH}
_OPERATOR = _VIEWER | {Act.USE_PICTURES, Act.EXPORT_EVENTS, Act.ENROL}
_MANAGER = _OPERATOR | {Act.MANAGE_GROUPS, Act.MANAGE_KEYS, Act.READ_APP_AUDIT}

OF_APP_ROLE: Mapping[AppRole, frozenset[Act]] = {
    AppRole.DOOR: _DOOR,
    AppRole.VIEWER: _VIEWER,
    AppRole.OPERATOR: _OPERATOR,
    AppRole.MANAGER: _MANAGER,
}

_FORMER_VIEWER = frozenset({Act.USE_CONSOLE, Act.READ, Act.READ_STATUS})
_FORMER_OPERATOR = _FORMER_VIEWER | _OPERATOR | {Act.MANAGE_GROUPS, Act.READ_ERRORS}

OF_ROLE: Mapping[Role, frozenset[Act]] = {
    Role.FORMER_VIEWER: _FORMER_VIEWER,
    Role.FORMER_OPERATOR: _FORMER_OPERATOR,
    Role.MEMBER: frozenset({Act.USE_CONSOLE}),
    Role.ADMINISTRATOR: frozenset(Act) - {Act.GET_IN},
}
"""What users may do on the server and in every app. The former roles allow to the letter what they always did."""

FORMER = frozenset({Role.FORMER_VIEWER, Role.FORMER_OPERATOR})
_NEAREST = {Role.FORMER_VIEWER: AppRole.VIEWER, Role.FORMER_OPERATOR: AppRole.OPERATOR}


def may(user: User | None, act: Act, app: App | None = None) -> bool:
    """Whether a user, or nobody in particular, may do this, in this app where the act is done in one."""
    if act is Act.GET_IN:
        return True
    if user is None:
        return False
    if act not in IN_APP:
        return act in OF_ROLE[user.role]
    return app is not None and act in _in_app(user, app)


def sees(user: User, app: App) -> bool:
    """Whether the user may do anything in this app. To anybody else it is as if there were no such app."""
    return bool(_in_app(user, app))


def nearest(user: User, apps: Iterable[App]) -> dict[int, AppRole]:
    """The roles in these apps that a user has as a member, or would have as one who had a former role."""
    role = _NEAREST.get(user.role)
    return dict(user.app_roles) if role is None else {app.id: role for app in apps}


def _in_app(user: User, app: App) -> frozenset[Act]:
    acts = OF_ROLE[user.role] & IN_APP
    if user.role is Role.MEMBER and (role := user.app_roles.get(app.id)) is not None:
        return acts | OF_APP_ROLE[role]
    return acts
