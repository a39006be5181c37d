"""Every refusal is one sentence of plain JSON, also where the framework is the one that refuses."""

from __future__ import annotations

from typing import Any

import pytest

from harness.servers import Keys

from .client import AdminClient, assert_refused

BODIES = {
    "POST /apps": {"name": "an-app"},
    "PATCH /apps/{app}": {"dialects_off": []},
    "POST /apps/{app}/keys": {"overlap_hours": 1},
    "PATCH /apps/{app}/groups/{group}": {"similarity": 90},
}
"""A body that each would take."""

each_with_body = pytest.mark.parametrize(("route", "body"), BODIES.items(), ids=BODIES)


@pytest.fixture
def target(admin: AdminClient, keys: Keys) -> dict[str, str]:
    return {"app": keys.name, "group": admin.new_group(keys)}


def split(route: str, target: dict[str, str]) -> tuple[str, str]:
    method, _, path = route.partition(" ")
    return method, path.format(**target)


@each_with_body
def test_an_unknown_field_is_refused_by_its_name(
    route: str, body: dict[str, Any], admin: AdminClient, target: dict[str, str]
) -> None:
    response = admin.ask(*split(route, target), json=body | {"surprise": "a secret value"})
    sentence = assert_refused(response, 422)
    assert "surprise" in sentence
    assert "a secret value" not in sentence


@each_with_body
@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"7", b'"text"', b"null", b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(
    text: bytes, route: str, body: dict[str, Any], admin: AdminClient, target: dict[str, str]
) -> None:
    method, path = split(route, target)
    headers = admin.headers | {"Content-Type": "application/json"}
    response = admin.server.client.request(method, f"/admin{path}", content=text, headers=headers)
    assert response.status_code in {400, 422}
    assert_refused(response, response.status_code)


@pytest.mark.parametrize("body", [{}, {"name": None}, {"name": 7}, {"name": ["x"]}, {"Name": "x"}])
def test_an_app_needs_a_name_that_is_a_text(body: dict[str, Any], admin: AdminClient) -> None:
    before = admin.names()
    assert_refused(admin.ask("POST", "/apps", json=body), 422)
    assert admin.names() == before


@pytest.mark.parametrize("value", ["v1", {"v1": True}, [1], [None]])
def test_dialects_are_a_list_of_names(value: object, admin: AdminClient, target: dict[str, str]) -> None:
    response = admin.ask("PATCH", f"/apps/{target['app']}", json={"dialects_off": value})
    assert "dialects_off" in assert_refused(response, 422)


@pytest.mark.parametrize("path", ["/", "/nothing", "/apps/", "/apps/an-app/nothing", "/docs", "/openapi.json"])
def test_an_unknown_path_is_not_found(path: str, admin: AdminClient) -> None:
    assert_refused(admin.ask("GET", path), 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/apps", {"GET", "POST"}),
        ("GET", "/apps/an-app", {"PATCH", "DELETE"}),
        ("PUT", "/apps/an-app/keys", {"GET", "POST"}),
        ("DELETE", "/apps/an-app/groups/a-group", {"GET", "PATCH"}),
    ],
)
def test_a_method_that_a_path_does_not_take_is_not_allowed(
    method: str, path: str, allowed: set[str], admin: AdminClient
) -> None:
    response = admin.ask(method, path)
    assert_refused(response, 405)
    assert {name.strip() for name in response.headers["Allow"].split(",")} == allowed
