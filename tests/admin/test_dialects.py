"""An app can be told not to speak a dialect; it falls silent, and speaks again, with the next request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from harness.servers import Keys, Server

from .client import AdminClient, assert_refused

_tokens: dict[str, str] = {}


def token_for_all(server: Server) -> str:
    """An access token with a right to every app of the server."""
    if server.url not in _tokens:
        _tokens[server.url] = server.new_token(server.create_access_key("for all"))
    return _tokens[server.url]


@dataclass(frozen=True)
class Voice:
    """How a dialect lists groups or faces, and what it says to those it does not let in."""

    request: Callable[[Keys], Mapping[str, Any]]
    with_token: bool = field(default=False, kw_only=True)
    refusal: Mapping[str, Any]
    status: int = 200

    def heard(self, server: Server, keys: Keys) -> bool:
        request = dict(self.request(keys))
        if self.with_token:
            request["headers"] = {"x-nhn-authorization": f"Bearer {token_for_all(server)}"}
        response: httpx.Response = server.client.get(**request)
        if response.json() == self.refusal:
            assert response.status_code == self.status
            assert response.headers["X-Error-Detail"]
            return False
        assert response.status_code == 200, response.text
        return True


def unauthorized(code: int, message: str) -> Mapping[str, Any]:
    return {"header": {"isSuccessful": False, "resultCode": code, "resultMessage": message}}


def v1_groups(keys: Keys) -> dict[str, Any]:
    return {"url": f"/nhn-face-reco/v1.0/appkeys/{keys.appKey}/groups", "params": {"limit": 1}}


VOICES = {
    "v1": Voice(v1_groups, unauthorized(-41000, "UnauthorizedAppKey")),
    "plus": Voice(
        lambda keys: v1_groups(keys) | {"headers": {"x-nhn-apikey": keys.apiKey}},
        unauthorized(-41000, "UnauthorizedAppKey"),
    ),
    "v2": Voice(
        lambda keys: {
            "url": f"/v2.0/appkeys/{keys.appKey}/groups",
            "params": {"limit": 1},
            "headers": {"Authorization": keys.secretKey},
        },
        unauthorized(-41005, "UnauthorizedAppKeyOrSecretKey"),
    ),
    "v2.1": Voice(
        lambda keys: {"url": f"/v2.1/appkeys/{keys.appKey}/groups", "params": {"limit": 1}},
        unauthorized(-41007, "UnauthorizedToken"),
        with_token=True,
    ),
    "searchface": Voice(
        lambda keys: {
            "url": "/modules/faces",
            "params": {"collectionId": "a-group", "page": 1},
            "headers": {"x-api-key": keys.apiKey},
        },
        {"errorCode": 6040, "message": "Access Denied: API Key is unavailable."},
        status=403,
    ),
}


def spoken(admin: AdminClient, keys: Keys) -> set[str]:
    return {name for name, voice in VOICES.items() if voice.heard(admin.server, keys)}


@pytest.fixture
def app(admin: AdminClient, keys: Keys) -> Keys:
    """An app with the group that Search Face asks for."""
    with admin.server.v2(keys) as client:
        client.post("/groups", json={"groupId": "a-group"})
    return keys


def switch_off(admin: AdminClient, app: Keys, *names: str) -> None:
    changed = admin.answer("PATCH", f"/apps/{app.name}", json={"dialects_off": names})
    assert changed["dialects_off"] == sorted(names)


def test_a_new_app_speaks_every_dialect(admin: AdminClient, app: Keys) -> None:
    assert spoken(admin, app) == VOICES.keys()


@pytest.mark.parametrize("dialect", VOICES)
def test_a_dialect_falls_silent_alone_and_at_once_and_speaks_again_at_once(
    dialect: str, admin: AdminClient, app: Keys
) -> None:
    switch_off(admin, app, dialect)
    assert spoken(admin, app) == VOICES.keys() - {dialect}
    switch_off(admin, app)
    assert spoken(admin, app) == VOICES.keys()


def test_all_dialects_can_be_off_and_the_list_says_so(admin: AdminClient, app: Keys) -> None:
    switch_off(admin, app, *VOICES)
    assert spoken(admin, app) == set()
    [listed] = [each for each in admin.answer("GET", "/apps") if each["name"] == app.name]
    assert listed["dialects_off"] == sorted(VOICES)


def test_the_list_that_is_sent_replaces_the_one_before_and_none_leaves_it(admin: AdminClient, app: Keys) -> None:
    switch_off(admin, app, "v1", "plus")
    switch_off(admin, app, "v2")
    for body in ({}, {"dialects_off": None}):
        assert admin.answer("PATCH", f"/apps/{app.name}", json=body)["dialects_off"] == ["v2"]
    assert spoken(admin, app) == VOICES.keys() - {"v2"}


def test_switched_off_for_one_app_is_not_switched_off_for_another(admin: AdminClient, app: Keys) -> None:
    switch_off(admin, admin.new_app(), *VOICES)
    assert spoken(admin, app) == VOICES.keys()


def test_rotated_keys_speak_the_same_dialects(admin: AdminClient, app: Keys) -> None:
    switch_off(admin, app, "v1")
    new = Keys(**admin.answer("POST", f"/apps/{app.name}/keys", json={}))
    assert spoken(admin, new) == VOICES.keys() - {"v1"}


def test_a_dialect_that_does_not_exist_is_refused_and_nothing_changes(admin: AdminClient, app: Keys) -> None:
    switch_off(admin, app, "v1")
    response = admin.ask("PATCH", f"/apps/{app.name}", json={"dialects_off": ["v2", "v9"]})
    assert "'v9'" in assert_refused(response, 400)
    assert spoken(admin, app) == VOICES.keys() - {"v1"}
