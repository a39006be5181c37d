"""The table of all pages and actions of the console, with their paths, and what each is to `core.permissions`."""

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
    app_audit,
    apps,
    audit,
    compare,
    door,
    events,
    faces,
    groups,
    home,
    persons,
    profile,
    second_factor,
    status,
    user_apps,
    users,
    webhooks,
)
from visavis.console.request_context import RequestContext
from visavis.core.permissions import Act

Page: TypeAlias = Callable[[RequestContext], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """A page or an action."""

    method: Literal["GET", "POST"]
    path: str
    act: Act
    """What it is, for the question who may use it."""
    page: Page
    does: str = ""
    """Its operation in the audit log; empty if it is not recorded, or the page records it itself."""
    effect: Effect = Effect.CHANGE
    pictures: bool = False
    """Whether it takes pictures: a multipart form, the CSRF token in a header, a JSON answer."""
    camera: bool = False
    """Whether its page may ask for the camera of the device."""
    proven: bool = False
    """Whether the user must have given the password a short time ago, and a code if there is a second factor."""


_GROUP = "/apps/{app_id}/groups/{group_id}"
_WEBHOOK = f"{_GROUP}/webhook"
_APP = "/apps/{app_id}"
_FACTOR = second_factor.PATH
_KEYS = access_keys.PATH
_KEY = f"{_KEYS}/{{number}}"
_USER_APPS = "/users/{user_id}/apps"

ROUTES = (
    Route("GET", "/setup", Act.GET_IN, account.show_setup),
    Route("POST", "/setup", Act.GET_IN, account.set_up, does="open_account"),
    Route("GET", "/password", Act.GET_IN, account.show_new_password),
    Route("POST", "/password", Act.GET_IN, account.set_new_password, does="set_password"),
    Route("GET", "/sign-in", Act.GET_IN, account.show_sign_in),
    Route("POST", "/sign-in", Act.GET_IN, account.sign_in),
    Route("POST", "/sign-in/code", Act.GET_IN, account.give_code),
    Route("POST", "/sign-out", Act.GET_IN, account.sign_out, does="sign_out"),
    Route("POST", "/preferences", Act.GET_IN, profile.set_preferences),
    Route("GET", "/", Act.USE_CONSOLE, home.show),
    Route("GET", "/profile", Act.USE_CONSOLE, profile.show),
    Route("POST", "/profile/password", Act.USE_CONSOLE, profile.change_password, does="change_password"),
    Route("POST", "/profile/sessions", Act.USE_CONSOLE, profile.end_sessions, does="end_sessions"),
    Route("POST", "/profile/sessions/others", Act.USE_CONSOLE, profile.end_other_sessions, does="end_sessions"),
    Route("POST", "/profile/sessions/{session_id}/end", Act.USE_CONSOLE, profile.end_session, does="end_session"),
    Route("GET", _FACTOR, Act.USE_CONSOLE, second_factor.show),
    Route("POST", _FACTOR, Act.USE_CONSOLE, second_factor.enrol, does="enrol_second_factor", proven=True),
    Route(
        "POST",
        f"{_FACTOR}/codes",
        Act.USE_CONSOLE,
        second_factor.renew_codes,
        does="renew_recovery_codes",
        proven=True,
    ),
    Route(
        "POST",
        f"{_FACTOR}/remove",
        Act.USE_CONSOLE,
        second_factor.remove,
        does="remove_second_factor",
        proven=True,
    ),
    Route("GET", "/apps/{app_id}/groups", Act.READ, groups.show_all, does="list_groups", effect=Effect.LISTING),
    Route("POST", "/apps/{app_id}/groups", Act.MANAGE_GROUPS, groups.create, does="create_group"),
    Route("GET", _GROUP, Act.READ, faces.show, does="list_faces", effect=Effect.LISTING),
    Route("GET", f"{_GROUP}/persons", Act.READ, persons.show_all, does="list_persons", effect=Effect.LISTING),
    Route("POST", f"{_GROUP}/persons/resolve", Act.ENROL, persons.resolve),
    Route("GET", f"{_GROUP}/person", Act.READ, persons.show, does="list_persons", effect=Effect.LISTING),
    Route("POST", f"{_GROUP}/person", Act.ENROL, persons.change, does="change_person"),
    Route("POST", f"{_GROUP}/person/delete", Act.ENROL, persons.delete, does="delete_person"),
    Route("GET", f"{_GROUP}/add", Act.ENROL, faces.show_registration, camera=True),
    Route("POST", f"{_GROUP}/faces", Act.ENROL, faces.register, does="register_faces", pictures=True),
    Route(
        "POST",
        f"{_GROUP}/faces/look",
        Act.ENROL,
        faces.look,
        does="search_by_image",
        effect=Effect.USE,
        pictures=True,
    ),
    Route("POST", f"{_GROUP}/faces/{{face_id}}/delete", Act.ENROL, faces.delete, does="delete_face"),
    Route("GET", f"{_GROUP}/search", Act.SEARCH, faces.show_search, camera=True),
    Route("GET", f"{_GROUP}/door", Act.WATCH_DOOR, door.show, camera=True),
    Route(
        "POST",
        f"{_GROUP}/door/look",
        Act.WATCH_DOOR,
        door.recognise,
        does="search_by_image",
        effect=Effect.USE,
        pictures=True,
    ),
    Route("GET", f"{_APP}/doors", Act.WATCH_DOOR, door.show_all, does="list_groups", effect=Effect.LISTING),
    Route(
        "POST",
        f"{_GROUP}/search",
        Act.SEARCH,
        faces.search,
        does="search_by_image",
        effect=Effect.USE,
        pictures=True,
    ),
    Route("GET", f"{_GROUP}/events", Act.READ, events.show, does="list_events", effect=Effect.USE),
    Route(
        "GET", f"{_GROUP}/events.csv", Act.EXPORT_EVENTS, events.export, does="export_events", effect=Effect.USE
    ),
    Route("GET", _WEBHOOK, Act.MANAGE_APP, webhooks.show),
    Route("POST", _WEBHOOK, Act.MANAGE_APP, webhooks.set_url, does="set_webhook", proven=True),
    Route(
        "POST", f"{_WEBHOOK}/secret", Act.MANAGE_APP, webhooks.rotate, does="rotate_webhook_secret", proven=True
    ),
    Route("POST", f"{_WEBHOOK}/test", Act.MANAGE_APP, webhooks.test, does="test_webhook"),
    Route("POST", f"{_WEBHOOK}/start", Act.MANAGE_APP, webhooks.start, does="start_webhook", proven=True),
    Route("POST", f"{_WEBHOOK}/remove", Act.MANAGE_APP, webhooks.remove, does="remove_webhook", proven=True),
    Route("GET", f"{_GROUP}/settings", Act.READ, groups.show_settings),
    Route("POST", f"{_GROUP}/settings", Act.MANAGE_GROUPS, groups.change_settings, does="change_group"),
    Route("POST", f"{_GROUP}/upgrade", Act.MANAGE_APP, groups.upgrade, does="upgrade_group"),
    Route("POST", f"{_GROUP}/delete", Act.MANAGE_GROUPS, groups.delete, does="delete_group"),
    Route("GET", f"{_APP}/analyze", Act.USE_PICTURES, analyze.show, camera=True),
    Route(
        "POST",
        f"{_APP}/analyze",
        Act.USE_PICTURES,
        analyze.analyze,
        does="detect",
        effect=Effect.USE,
        pictures=True,
    ),
    Route("GET", f"{_APP}/compare", Act.USE_PICTURES, compare.show),
    Route(
        "POST",
        f"{_APP}/compare",
        Act.USE_PICTURES,
        compare.compare,
        does="compare",
        effect=Effect.USE,
        pictures=True,
    ),
    Route("GET", "/apps", Act.MANAGE_APPS, apps.show_all),
    Route("POST", "/apps", Act.MANAGE_APPS, apps.create, does="create_app", proven=True),
    Route("GET", _APP, Act.MANAGE_KEYS, apps.show),
    Route("POST", f"{_APP}/keys", Act.MANAGE_KEYS, apps.rotate, does="rotate_keys", proven=True),
    Route("POST", f"{_APP}/keys/{{key_id}}/revoke", Act.MANAGE_KEYS, apps.revoke, does="revoke_keys", proven=True),
    Route("POST", f"{_APP}/dialects", Act.MANAGE_APP, apps.set_dialects, does="change_app"),
    Route("POST", f"{_APP}/rate", Act.MANAGE_APP, apps.set_rate, does="change_app"),
    Route("POST", f"{_APP}/delete", Act.MANAGE_APP, apps.delete, does="delete_app", proven=True),
    Route("GET", _KEYS, Act.MANAGE_ACCESS_KEYS, access_keys.show),
    Route("POST", _KEYS, Act.MANAGE_ACCESS_KEYS, access_keys.create, does="create_access_key", proven=True),
    Route(
        "POST", f"{_KEY}/limits", Act.MANAGE_ACCESS_KEYS, access_keys.limit, does="change_access_key", proven=True
    ),
    Route(
        "POST", f"{_KEY}/secret", Act.MANAGE_ACCESS_KEYS, access_keys.rotate, does="rotate_access_key", proven=True
    ),
    Route(
        "POST", f"{_KEY}/revoke", Act.MANAGE_ACCESS_KEYS, access_keys.revoke, does="revoke_access_key", proven=True
    ),
    Route("GET", "/status", Act.READ_STATUS, status.show),
    Route("GET", "/audit", Act.READ_AUDIT, audit.show),
    Route("GET", f"{_APP}/audit", Act.READ_APP_AUDIT, app_audit.show),
    Route("GET", "/users", Act.MANAGE_USERS, users.show),
    Route("POST", "/users/invite", Act.MANAGE_USERS, users.invite, does="invite_user", proven=True),
    Route(
        "POST",
        "/users/invitations/{invitation_id}/revoke",
        Act.MANAGE_USERS,
        users.revoke_invitation,
        does="revoke_invitation",
    ),
    Route("POST", "/users/{user_id}/role", Act.MANAGE_USERS, users.set_role, does="change_role", proven=True),
    Route(
        "POST", "/users/{user_id}/password", Act.MANAGE_USERS, users.invite_anew, does="invite_anew", proven=True
    ),
    Route("POST", "/users/{user_id}/delete", Act.MANAGE_USERS, users.delete, does="delete_user", proven=True),
    Route("GET", _USER_APPS, Act.MANAGE_USERS, user_apps.show),
    Route(
        "POST",
        f"{_USER_APPS}/{{app_id}}",
        Act.MANAGE_USERS,
        user_apps.set_role,
        does="change_app_role",
        proven=True,
    ),
)
