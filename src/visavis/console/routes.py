"""The table of all pages and actions of the console, with their paths and roles."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from fastapi import Response

from visavis.audit_events import Effect
from visavis.console.pages import (
    access_keys,
    account,
    analyze,
    apps,
    compare,
    faces,
    groups,
    home,
    persons,
    profile,
    second_factor,
    status,
    users,
)
from visavis.console.request_context import RequestContext
from visavis.identities import Role

Page: TypeAlias = Callable[[RequestContext], Awaitable[Response]]

EVERYBODY = None
VIEWER, OPERATOR, ADMINISTRATOR = Role.VIEWER, Role.OPERATOR, Role.ADMINISTRATOR


@dataclass(frozen=True, slots=True)
class Route:
    """A page or an action."""

    method: Literal["GET", "POST"]
    path: str
    role: Role | None
    """The lowest role that may use it; None for everybody, signed in or not."""
    page: Page
    does: str = ""
    """Its operation in the audit log; empty if it is not recorded, or the page records it itself."""
    effect: Effect = Effect.CHANGE
    pictures: bool = False
    """Whether it takes pictures: a multipart form, the CSRF token in a header, a JSON answer."""
    proven: bool = False
    """Whether the user must have given the password a short time ago, and a code if there is a second factor."""


_GROUP = "/apps/{app_id}/groups/{group_id}"
_APP = "/apps/{app_id}"
_FACTOR = second_factor.PATH
_KEYS = access_keys.PATH
_KEY = f"{_KEYS}/{{number}}"

ROUTES = (
    Route("GET", "/setup", EVERYBODY, account.show_setup),
    Route("POST", "/setup", EVERYBODY, account.set_up, does="open_account"),
    Route("GET", "/password", EVERYBODY, account.show_new_password),
    Route("POST", "/password", EVERYBODY, account.set_new_password, does="set_password"),
    Route("GET", "/sign-in", EVERYBODY, account.show_sign_in),
    Route("POST", "/sign-in", EVERYBODY, account.sign_in),
    Route("POST", "/sign-in/code", EVERYBODY, account.give_code),
    Route("POST", "/sign-out", EVERYBODY, account.sign_out, does="sign_out"),
    Route("POST", "/preferences", EVERYBODY, profile.set_preferences),
    Route("GET", "/", VIEWER, home.show),
    Route("GET", "/profile", VIEWER, profile.show),
    Route("POST", "/profile/password", VIEWER, profile.change_password, does="change_password"),
    Route("POST", "/profile/sessions", VIEWER, profile.end_sessions, does="end_sessions"),
    Route("POST", "/profile/sessions/others", VIEWER, profile.end_other_sessions, does="end_sessions"),
    Route("POST", "/profile/sessions/{session_id}/end", VIEWER, profile.end_session, does="end_session"),
    Route("GET", _FACTOR, VIEWER, second_factor.show),
    Route("POST", _FACTOR, VIEWER, second_factor.enrol, does="enrol_second_factor", proven=True),
    Route("POST", f"{_FACTOR}/codes", VIEWER, second_factor.renew_codes, does="renew_recovery_codes", proven=True),
    Route("POST", f"{_FACTOR}/remove", VIEWER, second_factor.remove, does="remove_second_factor", proven=True),
    Route("GET", "/apps/{app_id}/groups", VIEWER, groups.show_all, does="list_groups", effect=Effect.LISTING),
    Route("POST", "/apps/{app_id}/groups", OPERATOR, groups.create, does="create_group"),
    Route("GET", _GROUP, VIEWER, faces.show, does="list_faces", effect=Effect.LISTING),
    Route("GET", f"{_GROUP}/persons", VIEWER, persons.show_all, does="list_persons", effect=Effect.LISTING),
    Route("POST", f"{_GROUP}/persons/resolve", OPERATOR, persons.resolve),
    Route("GET", f"{_GROUP}/person", VIEWER, persons.show, does="list_persons", effect=Effect.LISTING),
    Route("POST", f"{_GROUP}/person", OPERATOR, persons.change, does="change_person"),
    Route("POST", f"{_GROUP}/person/delete", OPERATOR, persons.delete, does="delete_person"),
    Route("GET", f"{_GROUP}/add", OPERATOR, faces.show_registration),
    Route(
        "POST",
        f"{_GROUP}/faces",
        OPERATOR,
        faces.register,
        does="register_faces",
        pictures=True,
    ),
    Route(
        "POST",
        f"{_GROUP}/faces/{{face_id}}/delete",
        OPERATOR,
        faces.delete,
        does="delete_face",
    ),
    Route("GET", f"{_GROUP}/search", OPERATOR, faces.show_search),
    Route(
        "POST",
        f"{_GROUP}/search",
        OPERATOR,
        faces.search,
        does="search_by_image",
        effect=Effect.USE,
        pictures=True,
    ),
    Route("GET", f"{_GROUP}/settings", VIEWER, groups.show_settings),
    Route("POST", f"{_GROUP}/settings", OPERATOR, groups.change_settings, does="change_group"),
    Route("POST", f"{_GROUP}/upgrade", ADMINISTRATOR, groups.upgrade, does="upgrade_group"),
    Route("POST", f"{_GROUP}/delete", OPERATOR, groups.delete, does="delete_group"),
    Route("GET", f"{_APP}/analyze", OPERATOR, analyze.show),
    Route("POST", f"{_APP}/analyze", OPERATOR, analyze.analyze, does="detect", effect=Effect.USE, pictures=True),
    Route("GET", f"{_APP}/compare", OPERATOR, compare.show),
    Route("POST", f"{_APP}/compare", OPERATOR, compare.compare, does="compare", effect=Effect.USE, pictures=True),
    Route("GET", "/apps", ADMINISTRATOR, apps.show_all),
    Route("POST", "/apps", ADMINISTRATOR, apps.create, does="create_app", proven=True),
    Route("GET", _APP, ADMINISTRATOR, apps.show),
    Route("POST", f"{_APP}/keys", ADMINISTRATOR, apps.rotate, does="rotate_keys", proven=True),
    Route("POST", f"{_APP}/keys/{{key_id}}/revoke", ADMINISTRATOR, apps.revoke, does="revoke_keys", proven=True),
    Route("POST", f"{_APP}/dialects", ADMINISTRATOR, apps.set_dialects, does="change_app"),
    Route("POST", f"{_APP}/rate", ADMINISTRATOR, apps.set_rate, does="change_app"),
    Route("POST", f"{_APP}/delete", ADMINISTRATOR, apps.delete, does="delete_app", proven=True),
    Route("GET", _KEYS, ADMINISTRATOR, access_keys.show),
    Route("POST", _KEYS, ADMINISTRATOR, access_keys.create, does="create_access_key", proven=True),
    Route("POST", f"{_KEY}/limits", ADMINISTRATOR, access_keys.limit, does="change_access_key", proven=True),
    Route("POST", f"{_KEY}/secret", ADMINISTRATOR, access_keys.rotate, does="rotate_access_key", proven=True),
    Route("POST", f"{_KEY}/revoke", ADMINISTRATOR, access_keys.revoke, does="revoke_access_key", proven=True),
    Route("GET", "/status", VIEWER, status.show),
    Route("GET", "/audit", ADMINISTRATOR, status.show_audit, does="read_audit", effect=Effect.USE),
    Route("GET", "/users", ADMINISTRATOR, users.show),
    Route("POST", "/users/invite", ADMINISTRATOR, users.invite, does="invite_user", proven=True),
    Route(
        "POST",
        "/users/invitations/{invitation_id}/revoke",
        ADMINISTRATOR,
        users.revoke_invitation,
        does="revoke_invitation",
    ),
    Route("POST", "/users/{user_id}/role", ADMINISTRATOR, users.set_role, does="change_role", proven=True),
    Route("POST", "/users/{user_id}/password", ADMINISTRATOR, users.invite_anew, does="invite_anew", proven=True),
    Route("POST", "/users/{user_id}/delete", ADMINISTRATOR, users.delete, does="delete_user", proven=True),
)
