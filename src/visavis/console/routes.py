"""Every page and action of the console: its path, and who may use it. The only place where that is said."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from fastapi import Response

from visavis.console.pages import account, analyze, compare, faces, groups, home, profile, users
from visavis.console.visit import Visit
from visavis.types import Role

Page: TypeAlias = Callable[[Visit], Awaitable[Response]]

EVERYBODY = None
VIEWER, OPERATOR, ADMINISTRATOR = Role.VIEWER, Role.OPERATOR, Role.ADMINISTRATOR


@dataclass(frozen=True, slots=True)
class Route:
    """A row of the table."""

    method: Literal["GET", "POST"]
    path: str
    role: Role | None
    """The least role of those who may use it; None for everybody, signed in or not."""
    page: Page
    pictures: bool = False
    """Whether it takes pictures: a form of several parts, the token in a header, the answer JSON."""


ROUTES = (
    Route("GET", "/setup", EVERYBODY, account.show_setup),
    Route("POST", "/setup", EVERYBODY, account.set_up),
    Route("GET", "/password", EVERYBODY, account.show_new_password),
    Route("POST", "/password", EVERYBODY, account.set_new_password),
    Route("GET", "/sign-in", EVERYBODY, account.show_sign_in),
    Route("POST", "/sign-in", EVERYBODY, account.sign_in),
    Route("POST", "/sign-out", EVERYBODY, account.sign_out),
    Route("POST", "/preferences", EVERYBODY, profile.set_preferences),
    Route("GET", "/", VIEWER, home.show),
    Route("GET", "/profile", VIEWER, profile.show),
    Route("POST", "/profile/password", VIEWER, profile.change_password),
    Route("POST", "/profile/sessions", VIEWER, profile.end_sessions),
    Route("GET", "/apps/{app_id}/groups", VIEWER, groups.show_all),
    Route("POST", "/apps/{app_id}/groups", OPERATOR, groups.create),
    Route("GET", "/apps/{app_id}/groups/{group_id}", VIEWER, faces.show),
    Route("GET", "/apps/{app_id}/groups/{group_id}/add", OPERATOR, faces.show_registration),
    Route("POST", "/apps/{app_id}/groups/{group_id}/faces", OPERATOR, faces.register, pictures=True),
    Route("POST", "/apps/{app_id}/groups/{group_id}/faces/{face_id}/delete", OPERATOR, faces.delete),
    Route("GET", "/apps/{app_id}/groups/{group_id}/search", OPERATOR, faces.show_search),
    Route("POST", "/apps/{app_id}/groups/{group_id}/search", OPERATOR, faces.search, pictures=True),
    Route("GET", "/apps/{app_id}/groups/{group_id}/settings", VIEWER, groups.show_settings),
    Route("POST", "/apps/{app_id}/groups/{group_id}/settings", OPERATOR, groups.change_settings),
    Route("POST", "/apps/{app_id}/groups/{group_id}/delete", OPERATOR, groups.delete),
    Route("GET", "/apps/{app_id}/analyze", OPERATOR, analyze.show),
    Route("POST", "/apps/{app_id}/analyze", OPERATOR, analyze.analyze, pictures=True),
    Route("GET", "/apps/{app_id}/compare", OPERATOR, compare.show),
    Route("POST", "/apps/{app_id}/compare", OPERATOR, compare.compare, pictures=True),
    Route("GET", "/users", ADMINISTRATOR, users.show),
    Route("POST", "/users/invite", ADMINISTRATOR, users.invite),
    Route("POST", "/users/{user_id}/role", ADMINISTRATOR, users.set_role),
    Route("POST", "/users/{user_id}/password", ADMINISTRATOR, users.invite_anew),
    Route("POST", "/users/{user_id}/delete", ADMINISTRATOR, users.delete),
)
