"""Every route is for those whom the table names, and changes nothing without the token of their session."""

from __future__ import annotations

import pytest

from harness.console.person import Crowd, Person
from visavis.console.routes import ROUTES, Route
from visavis.identities import Role

RANKS = list(Role)
GUARDED = [route for route in ROUTES if route.role is not None]
WRITING = [route for route in ROUTES if route.method == "POST"]


def name_of(route: Route) -> str:
    return f"{route.method} {route.path}"


def path_of(route: Route) -> str:
    """A path of the route, of an app, a group and a user that are not there."""
    numbers = dict.fromkeys(("app_id", "user_id", "key_id", "number", "session_id", "invitation_id"), "987")
    return route.path.format(**numbers, group_id="no-such-group", face_id="no-such-face")


def test_no_two_rows_are_for_the_same_requests() -> None:
    assert len({(route.method, route.path) for route in ROUTES}) == len(ROUTES)


def test_only_what_leads_into_the_console_is_for_everybody() -> None:
    assert {name_of(route) for route in ROUTES if route.role is None} == {
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


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("route", GUARDED, ids=name_of)
def test_a_route_is_for_its_role_and_those_above(route: Route, role: Role, request: pytest.FixtureRequest) -> None:
    """Without a token, what changes something is refused either way, but for another reason."""
    assert route.role is not None
    person: Person = request.getfixturevalue(role.value)
    answer = person.client.request(route.method, f"/console{path_of(route)}", headers={"Accept": "text/html"})
    may = RANKS.index(role) >= RANKS.index(route.role)
    assert ("Your role does not allow this." in answer.text) is not may
    if not may:
        assert answer.status_code == 403


@pytest.mark.parametrize("route", WRITING, ids=name_of)
@pytest.mark.parametrize("token", ["", "0" * 64, "한"])
def test_nothing_is_changed_without_the_token_of_the_session(
    administrator: Person, route: Route, token: str
) -> None:
    answer = administrator.client.post(f"/console{path_of(route)}", data={"csrf": token})
    assert answer.status_code == 403
    assert "The form was out of date." in answer.text
    assert administrator.is_in()


def test_the_token_of_another_session_is_worth_nothing(administrator: Person, operator: Person) -> None:
    answer = administrator.post("/profile/sessions", token=operator.token())
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
def test_a_page_that_is_not_there_is_said_to_be_missing(operator: Person, path: str) -> None:
    answer = operator.get(path)
    assert answer.status_code == 404
    assert "There is no such page, or it is gone." in answer.text


def test_a_page_that_is_only_looked_at_takes_no_form(operator: Person) -> None:
    answer = operator.post("/profile")
    assert answer.status_code == 405
    assert "This page does not take such a request." in answer.text
