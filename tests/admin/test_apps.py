"""Apps: created with keys that are shown once, listed without them, rotated, deleted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from harness.servers import Keys, visavis

from .client import AdminClient, assert_refused


def test_a_new_app_works_at_once_with_the_keys_it_was_given(admin: AdminClient) -> None:
    name = f"app-{uuid4().hex}"
    response = admin.ask("POST", "/apps", json={"name": name})
    assert response.status_code == 201
    keys = Keys(**response.json())
    assert keys.name == name
    assert len({keys.appKey, keys.secretKey, keys.apiKey}) == 3
    assert admin.knows(keys)


def test_apps_are_listed_with_name_time_and_dialects_and_without_keys(admin: AdminClient, keys: Keys) -> None:
    response = admin.ask("GET", "/apps")
    [app] = [each for each in response.json() if each["name"] == keys.name]
    assert app.keys() == {"name", "created", "dialects_off", "rate_limit"}
    assert app["dialects_off"] == []
    assert timedelta() <= datetime.now(UTC) - datetime.fromisoformat(app["created"]) < timedelta(minutes=5)
    assert not any(key in response.text for key in (keys.appKey, keys.secretKey, keys.apiKey))


def test_an_app_made_by_command_is_listed_and_one_made_here_is_known_to_the_command(admin: AdminClient) -> None:
    by_command = admin.server.create_app("made by command")
    assert by_command.name in admin.names()
    made_here = admin.new_app()
    assert made_here.name in visavis("app", "list", "--json", "--data-dir", str(admin.server.data_dir)).stdout


def test_a_name_can_be_taken_only_once(admin: AdminClient, keys: Keys) -> None:
    assert keys.name in assert_refused(admin.ask("POST", "/apps", json={"name": keys.name}), 409)
    assert admin.names().count(keys.name) == 1
    assert admin.knows(keys)


@pytest.mark.parametrize("name", ["", "   ", "line\nbreak", "x" * 101, "\x00"])
def test_a_name_that_nobody_could_recognise_is_refused(name: str, admin: AdminClient) -> None:
    before = admin.names()
    assert_refused(admin.ask("POST", "/apps", json={"name": name}), 400)
    assert admin.names() == before


def test_a_name_in_another_script_is_found_by_its_path(admin: AdminClient) -> None:
    name = f"정문 {uuid4().hex}"
    admin.answer("POST", "/apps", json={"name": name})
    assert admin.answer("PATCH", f"/apps/{name}", json={})["name"] == name


def rotated(admin: AdminClient, keys: Keys, **body: object) -> Keys:
    response = admin.ask("POST", f"/apps/{keys.name}/keys", json=body)
    assert response.status_code == 201
    return Keys(**response.json())


@pytest.mark.parametrize("body", [{}, {"overlap_hours": 1}, {"overlap_hours": 0.5}, {"overlap_hours": 87_600}])
def test_after_a_rotation_old_and_new_keys_work_until_the_overlap_is_over(
    body: dict[str, object], admin: AdminClient, keys: Keys
) -> None:
    new = rotated(admin, keys, **body)
    assert not {new.appKey, new.secretKey, new.apiKey} & {keys.appKey, keys.secretKey, keys.apiKey}
    assert admin.knows(keys)
    assert admin.knows(new)


def test_after_a_rotation_without_overlap_only_the_new_keys_work(admin: AdminClient, keys: Keys) -> None:
    new = rotated(admin, keys, overlap_hours=0)
    assert not admin.knows(keys)
    assert admin.knows(new)


@pytest.mark.parametrize("hours", [-1, -0.001, 87_601, 1e300, "24", True])
def test_an_overlap_that_is_no_time_to_come_within_ten_years_is_refused(
    hours: object, admin: AdminClient, keys: Keys
) -> None:
    response = admin.ask("POST", f"/apps/{keys.name}/keys", json={"overlap_hours": hours})
    assert "overlap_hours" in assert_refused(response, 422)
    assert admin.knows(keys)


def test_a_deleted_app_is_gone_with_its_keys_and_its_name_is_free(admin: AdminClient, keys: Keys) -> None:
    admin.new_group(keys)
    response = admin.ask("DELETE", f"/apps/{keys.name}")
    assert (response.status_code, response.content) == (204, b"")
    assert keys.name not in admin.names()
    assert not admin.knows(keys)
    again = Keys(**admin.answer("POST", "/apps", json={"name": keys.name}))
    with admin.server.v2(again) as client:
        assert client.get("/groups", params={"limit": 1}).json()["data"]["groupCount"] == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [("PATCH", ""), ("DELETE", ""), ("POST", "/keys"), ("GET", "/groups/g"), ("PATCH", "/groups/g")],
)
def test_an_app_that_does_not_exist_is_not_found(method: str, path: str, admin: AdminClient) -> None:
    body: dict[str, Any] = {} if method in {"GET", "DELETE"} else {"json": {}}
    assert "nobody" in assert_refused(admin.ask(method, f"/apps/nobody{path}", **body), 404)
