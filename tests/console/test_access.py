"""Every route is for those whom the table names, and changes nothing without the token of their session."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

import pytest
from fastapi.routing import APIRoute
from fastapi.telemetry import TelemetryConfig

from harness.console.person import Crowd, Person
from visavis.console.routes import ROUTES, Route
from visavis.console.services import ConsoleServices
from visavis.console.site import build_console
from visavis.core.permissions import IN_APP, Act, may
from visavis.identities import App, AppRole, Role, User

GUARDED = [route for route in ROUTES if route.act is not Act.GET_IN]
WRITING = [route for route in ROUTES if route.method == "POST"]


def name_of(route: Route) -> str:
    return f"{route.method} {route.path}"


def path_of(route: Route) -> str:
    """A path of the route, of an app that is there, and of a group and a user that are not."""
    numbers = dict.fromkeys(("user_id", "key_id", "number", "session_id", "invitation_id"), "987")
    return route.path.format(**numbers, app_id="1", group_id="no-such-group", face_id="no-such-face")


def test_no_two_rows_are_for_the_same_requests() -> None:
    assert len({(route.method, route.path) for route in ROUTES}) == len(ROUTES)


def test_only_what_leads_into_the_console_is_for_everybody() -> None:
    assert {name_of(route) for route in ROUTES if route.act is Act.GET_IN} == {
        "GET /setup",
        "POST /setup",
        "GET /password",
        "POST /password",
        "GET /sign-in",
        "POST /sign-in",
        "POST /sign-in/code",
        "POST /sign-out",
        "POST /preferences",
    }


def test_what_changes_something_is_recorded() -> None:
    changes_nothing = "POST /apps/{app_id}/groups/{group_id}/persons/resolve"
    by_themselves = {"POST /sign-in", "POST /sign-in/code", "POST /preferences", changes_nothing}
    assert {name_of(route) for route in WRITING if not route.does} == by_themselves


@pytest.mark.parametrize("route", GUARDED, ids=name_of)
def test_a_stranger_is_sent_to_the_sign_in_page(crowd: Crowd, route: Route) -> None:
    answer = crowd.browser().request(route.method, f"/console{path_of(route)}")
    if route.pictures:
        assert answer.status_code == 401
        assert answer.json().keys() == {"error"}
    else:
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/console/sign-in")


IN_GROUP = "/apps/{app_id}/groups/{group_id}"
LEAST = {
    "anybody": {
        "GET /",
        "GET /profile",
        "POST /profile/password",
        "POST /profile/sessions",
        "POST /profile/sessions/others",
        "POST /profile/sessions/{session_id}/end",
        "GET /profile/second-factor",
        "POST /profile/second-factor",
        "POST /profile/second-factor/codes",
        "POST /profile/second-factor/remove",
    },
    "door": {"GET /apps/{app_id}/doors", f"GET {IN_GROUP}/door", f"POST {IN_GROUP}/door/look"},
    "viewer": {
        "GET /apps/{app_id}/groups",
        f"GET {IN_GROUP}",
        f"GET {IN_GROUP}/persons",
        f"GET {IN_GROUP}/person",
        f"GET {IN_GROUP}/events",
        f"GET {IN_GROUP}/settings",
        f"GET {IN_GROUP}/search",
        f"POST {IN_GROUP}/search",
    },
    "operator": {
        f"GET {IN_GROUP}/add",
        f"POST {IN_GROUP}/faces",
        f"POST {IN_GROUP}/faces/look",
        f"POST {IN_GROUP}/faces/{{face_id}}/delete",
        f"POST {IN_GROUP}/persons/resolve",
        f"POST {IN_GROUP}/person",
        f"POST {IN_GROUP}/person/delete",
        f"GET {IN_GROUP}/events.csv",
        "GET /apps/{app_id}/analyze",
        "POST /apps/{app_id}/analyze",
        "GET /apps/{app_id}/compare",
        "POST /apps/{app_id}/compare",
    },
    "manager": {
        "POST /apps/{app_id}/groups",
        f"POST {IN_GROUP}/settings",
        f"POST {IN_GROUP}/delete",
        "GET /apps/{app_id}",
        "POST /apps/{app_id}/keys",
        "POST /apps/{app_id}/keys/{key_id}/revoke",
        "GET /apps/{app_id}/audit",
    },
    "administrator": {
        f"POST {IN_GROUP}/upgrade",
        f"GET {IN_GROUP}/webhook",
        f"POST {IN_GROUP}/webhook",
        f"POST {IN_GROUP}/webhook/secret",
        f"POST {IN_GROUP}/webhook/test",
        f"POST {IN_GROUP}/webhook/start",
        f"POST {IN_GROUP}/webhook/remove",
        "POST /apps/{app_id}/dialects",
        "POST /apps/{app_id}/rate",
        "POST /apps/{app_id}/delete",
        "GET /apps",
        "POST /apps",
        "GET /access-keys",
        "POST /access-keys",
        "POST /access-keys/{number}/limits",
        "POST /access-keys/{number}/secret",
        "POST /access-keys/{number}/revoke",
        "GET /status",
        "GET /audit",
        "GET /users",
        "POST /users/invite",
        "POST /users/invitations/{invitation_id}/revoke",
        "POST /users/{user_id}/role",
        "POST /users/{user_id}/password",
        "POST /users/{user_id}/delete",
        "GET /users/{user_id}/apps",
        "POST /users/{user_id}/apps/{app_id}",
    },
}
"""The least role for each route. A route that is missing here is one about which nobody has thought."""
RANKS = list(LEAST)


def least_role(route: Route) -> str:
    """The least role that is allowed what a route is."""
    now, app = datetime.now(UTC), App(1, "default", datetime.now(UTC))
    users = {"anybody": User(1, "", Role.MEMBER, now)}
    users |= {role.value: User(1, "", Role.MEMBER, now, app_roles={1: role}) for role in AppRole}
    users["administrator"] = User(1, "", Role.ADMINISTRATOR, now)
    assert list(users) == RANKS
    return next(name for name, user in users.items() if may(user, route.act, app))


def test_every_route_has_a_right_and_the_least_role_for_it_was_thought_about() -> None:
    found: dict[str, set[str]] = {name: set() for name in RANKS}
    for route in GUARDED:
        assert isinstance(route.act, Act)
        found[least_role(route)].add(name_of(route))
    assert found == LEAST


def test_what_is_done_in_an_app_names_it_in_the_path_and_every_act_is_one_of_a_route() -> None:
    assert [name_of(route) for route in ROUTES if route.act in IN_APP and "{app_id}" not in route.path] == []
    outside = {"POST /users/{user_id}/apps/{app_id}"}
    assert {name_of(route) for route in ROUTES if route.act not in IN_APP and "{app_id}" in route.path} == outside
    by_pages = {Act.READ_ERRORS}
    assert {route.act for route in ROUTES} == set(Act) - by_pages


def test_the_console_has_no_page_beside_the_table() -> None:
    services = cast("ConsoleServices", None)
    console = build_console(services, TelemetryConfig())
    beside = {
        (method, route.path)
        for route in console.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
        if (method, route.path) not in {(each.method, each.path) for each in ROUTES}
    }
    assert {path for _, path in beside if not path.startswith("/static/")} == set()


@pytest.mark.parametrize("role", RANKS[1:])
def test_a_route_is_for_its_role_and_those_above(role: str, request: pytest.FixtureRequest) -> None:
    """Without a token, what changes something is refused either way, but for another reason."""
    person: Person = request.getfixturevalue(role)
    refused, statuses = set(), set()
    for route in GUARDED:
        answer = person.client.request(route.method, f"/console{path_of(route)}", headers={"Accept": "text/html"})
        if "Your role does not allow this." in answer.text:
            refused.add(name_of(route))
            statuses.add(answer.status_code)
    above = RANKS[RANKS.index(role) + 1 :]
    assert refused == set().union(*(LEAST[each] for each in above))
    assert statuses <= {403}


@pytest.mark.parametrize("route", WRITING, ids=name_of)
@pytest.mark.parametrize("token", ["", "0" * 64, "한"])
def test_nothing_is_changed_without_the_token_of_the_session(
    administrator: Person, route: Route, token: str
) -> None:
    answer = administrator.client.post(f"/console{path_of(route)}", data={"csrf": token})
    assert answer.status_code == 403
    assert "The form is out of date." in answer.text
    assert administrator.is_in()


def test_the_token_of_another_session_is_worth_nothing(administrator: Person, manager: Person) -> None:
    answer = administrator.post("/profile/sessions", token=manager.token())
    assert answer.status_code == 403
    assert administrator.is_in()


@pytest.mark.parametrize("route", WRITING, ids=name_of)
def test_what_another_site_sends_is_refused_even_with_the_token(administrator: Person, route: Route) -> None:
    token = administrator.token()
    answer = administrator.client.post(
        f"/console{path_of(route)}",
        data={"csrf": token},
        headers={"Sec-Fetch-Site": "cross-site", "X-CSRF-Token": token},
    )
    assert answer.status_code == 403
    assert administrator.is_in()


@pytest.mark.parametrize("path", ["/nothing", "/setup/", "/static/0/console.js", "/static/0/..%2fsite.py"])
def test_a_page_that_is_not_there_is_said_to_be_missing(manager: Person, path: str) -> None:
    answer = manager.get(path)
    assert answer.status_code == 404
    assert "This page does not exist, or has been deleted." in answer.text


def test_a_page_that_is_only_looked_at_takes_no_form(manager: Person) -> None:
    answer = manager.post("/profile")
    assert answer.status_code == 405
    assert "This page does not accept this kind of request." in answer.text
