"""User access keys over HTTP: made, listed, limited, rotated and revoked, and what that does to tokens."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from harness.servers import AccessKey, Keys

from .client import AdminClient, assert_refused


def made(admin: AdminClient, **fields: Any) -> tuple[str, AccessKey]:
    """The name of a new key, and what the answer shows."""
    name = f"key-{uuid4().hex}"
    answer = admin.answer("POST", "/access-keys", json={"name": name, **fields})
    assert answer.pop("name") == name
    return name, AccessKey(**answer)


def token(admin: AdminClient, key: AccessKey) -> str:
    return admin.server.new_token(key)


def code(admin: AdminClient, keys: Keys, token: str) -> int:
    headers = {"x-nhn-authorization": f"Bearer {token}"}
    path = f"/v2.1/appkeys/{keys.appKey}/groups?limit=1"
    answer: int = admin.server.client.get(path, headers=headers).json()["header"]["resultCode"]
    return answer


def listed(admin: AdminClient, name: str) -> dict[str, Any]:
    [found] = [each for each in admin.answer("GET", "/access-keys") if each["name"] == name]
    return dict(found)


def test_a_key_for_all_apps_gets_tokens_for_them(admin: AdminClient, keys: Keys) -> None:
    name, key = made(admin)
    assert code(admin, keys, token(admin, key)) == 0
    shown = listed(admin, name)
    assert (shown["id"], shown["apps"], shown["lifetime"]) == (key.id, None, 86_400)
    assert shown.keys() == {"name", "id", "apps", "lifetime", "created", "old_secret_until"}
    assert key.secret not in str(admin.answer("GET", "/access-keys"))


def test_a_key_is_limited_and_its_tokens_with_it(admin: AdminClient, keys: Keys) -> None:
    other = admin.new_app()
    name, key = made(admin, apps=[other.name], lifetime=600)
    issued = token(admin, key)
    assert (code(admin, other, issued), code(admin, keys, issued)) == (0, -41007)
    changed = admin.answer("PATCH", f"/access-keys/{name}", json={"apps": [keys.name]})
    assert (changed["apps"], changed["lifetime"]) == ([keys.name], 600)
    assert (code(admin, other, issued), code(admin, keys, issued)) == (-41007, 0)
    changed = admin.answer("PATCH", f"/access-keys/{name}", json={"lifetime": 60})
    assert (changed["apps"], changed["lifetime"]) == ([keys.name], 60)
    assert admin.answer("PATCH", f"/access-keys/{name}", json={"apps": "all"})["apps"] is None
    assert code(admin, other, issued) == 0


def test_a_rotated_secret_works_beside_the_new_one_unless_told(admin: AdminClient, keys: Keys) -> None:
    name, key = made(admin)
    first = admin.answer("POST", f"/access-keys/{name}/secret", json={})
    assert (first["name"], first["id"]) == (name, key.id)
    assert listed(admin, name)["old_secret_until"] is not None
    issued = token(admin, key)
    second = admin.answer("POST", f"/access-keys/{name}/secret", json={"overlap_hours": 0})
    assert code(admin, keys, issued) == -41006
    for old in (key.secret, first["secret"]):
        with pytest.raises(httpx.HTTPStatusError):
            token(admin, AccessKey(key.id, old))
    assert code(admin, keys, token(admin, AccessKey(key.id, second["secret"]))) == 0


def test_a_revoked_key_is_gone_with_its_tokens(admin: AdminClient, keys: Keys) -> None:
    name, key = made(admin)
    issued = token(admin, key)
    assert admin.ask("DELETE", f"/access-keys/{name}").status_code == 204
    assert code(admin, keys, issued) == -41006
    assert_refused(admin.ask("DELETE", f"/access-keys/{name}"), 404)
    assert_refused(admin.ask("PATCH", f"/access-keys/{name}", json={}), 404)
    assert_refused(admin.ask("POST", f"/access-keys/{name}/secret", json={}), 404)
    assert name not in {each["name"] for each in admin.answer("GET", "/access-keys")}


def test_a_name_is_taken_once(admin: AdminClient) -> None:
    name, _ = made(admin)
    assert name in assert_refused(admin.ask("POST", "/access-keys", json={"name": name}), 409)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": ""}, 400),
        ({"name": "x", "apps": []}, 400),
        ({"name": "x", "apps": ["no such app"]}, 404),
        ({"name": "x", "apps": "none"}, 422),
        ({"name": "x", "lifetime": 59}, 422),
        ({"name": "x", "lifetime": 86_401}, 422),
        ({"name": "x", "secret": "my own"}, 422),
        ({}, 422),
    ],
)
def test_what_no_key_can_be_is_refused(admin: AdminClient, body: dict[str, Any], status: int) -> None:
    assert_refused(admin.ask("POST", "/access-keys", json=body), status)
    assert "x" not in {each["name"] for each in admin.answer("GET", "/access-keys")}


def test_nobody_gets_in_without_the_token_of_the_operator(admin: AdminClient) -> None:
    name, _ = made(admin)
    for method, path in (
        ("GET", "/access-keys"),
        ("POST", "/access-keys"),
        ("PATCH", f"/access-keys/{name}"),
        ("POST", f"/access-keys/{name}/secret"),
        ("DELETE", f"/access-keys/{name}"),
    ):
        assert_refused(admin.ask(method, path, token="wrong"), 401)
    assert listed(admin, name)
