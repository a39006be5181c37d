"""Apps: created with keys that are shown once, listed without them, rotated, deleted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from harness.servers import Keys, visavis

from .office import Office, assert_refused


def test_a_new_app_works_at_once_with_the_keys_it_was_given(office: Office) -> None:
    name = f"app-{uuid4().hex}"
    response = office.ask("POST", "/apps", json={"name": name})
    assert response.status_code == 201
    keys = Keys(**response.json())
    assert keys.name == name
    assert len({keys.appKey, keys.secretKey, keys.apiKey}) == 3
    assert office.knows(keys)


def test_apps_are_listed_with_name_time_and_dialects_and_without_keys(office: Office, keys: Keys) -> None:
    response = office.ask("GET", "/apps")
    [app] = [each for each in response.json() if each["name"] == keys.name]
    assert app.keys() == {"name", "created", "dialects_off", "rate_limit"}
    assert app["dialects_off"] == []
    assert timedelta() <= datetime.now(UTC) - datetime.fromisoformat(app["created"]) < timedelta(minutes=5)
    assert not any(key in response.text for key in (keys.appKey, keys.secretKey, keys.apiKey))


def test_an_app_made_by_command_is_listed_and_one_made_here_is_known_to_the_command(office: Office) -> None:
    by_command = office.server.create_app("made by command")
    assert by_command.name in office.names()
    made_here = office.new_app()
    assert made_here.name in visavis("app", "list", "--json", "--data-dir", str(office.server.data_dir)).stdout


def test_a_name_can_be_taken_only_once(office: Office, keys: Keys) -> None:
    assert keys.name in assert_refused(office.ask("POST", "/apps", json={"name": keys.name}), 409)
    assert office.names().count(keys.name) == 1
    assert office.knows(keys)


@pytest.mark.parametrize("name", ["", "   ", "line\nbreak", "x" * 101, "\x00"])
def test_a_name_that_nobody_could_recognise_is_refused(name: str, office: Office) -> None:
    before = office.names()
    assert_refused(office.ask("POST", "/apps", json={"name": name}), 400)
    assert office.names() == before


def test_a_name_in_another_script_is_found_by_its_path(office: Office) -> None:
    name = f"정문 {uuid4().hex}"
    office.answer("POST", "/apps", json={"name": name})
    assert office.answer("PATCH", f"/apps/{name}", json={})["name"] == name


def rotated(office: Office, keys: Keys, **body: object) -> Keys:
    response = office.ask("POST", f"/apps/{keys.name}/keys", json=body)
    assert response.status_code == 201
    return Keys(**response.json())


@pytest.mark.parametrize("body", [{}, {"overlap_hours": 1}, {"overlap_hours": 0.5}, {"overlap_hours": 87_600}])
def test_after_a_rotation_old_and_new_keys_work_until_the_overlap_is_over(
    body: dict[str, object], office: Office, keys: Keys
) -> None:
    new = rotated(office, keys, **body)
    assert not {new.appKey, new.secretKey, new.apiKey} & {keys.appKey, keys.secretKey, keys.apiKey}
    assert office.knows(keys)
    assert office.knows(new)


def test_after_a_rotation_without_overlap_only_the_new_keys_work(office: Office, keys: Keys) -> None:
    new = rotated(office, keys, overlap_hours=0)
    assert not office.knows(keys)
    assert office.knows(new)


@pytest.mark.parametrize("hours", [-1, -0.001, 87_601, 1e300, "24", True])
def test_an_overlap_that_is_no_time_to_come_within_ten_years_is_refused(
    hours: object, office: Office, keys: Keys
) -> None:
    response = office.ask("POST", f"/apps/{keys.name}/keys", json={"overlap_hours": hours})
    assert "overlap_hours" in assert_refused(response, 422)
    assert office.knows(keys)


def test_a_deleted_app_is_gone_with_its_keys_and_its_name_is_free(office: Office, keys: Keys) -> None:
    office.new_group(keys)
    response = office.ask("DELETE", f"/apps/{keys.name}")
    assert (response.status_code, response.content) == (204, b"")
    assert keys.name not in office.names()
    assert not office.knows(keys)
    again = Keys(**office.answer("POST", "/apps", json={"name": keys.name}))
    with office.server.v2(again) as client:
        assert client.get("/groups", params={"limit": 1}).json()["data"]["groupCount"] == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [("PATCH", ""), ("DELETE", ""), ("POST", "/keys"), ("GET", "/groups/g"), ("PATCH", "/groups/g")],
)
def test_an_app_that_does_not_exist_is_not_found(method: str, path: str, office: Office) -> None:
    body: dict[str, Any] = {} if method in {"GET", "DELETE"} else {"json": {}}
    assert "nobody" in assert_refused(office.ask(method, f"/apps/nobody{path}", **body), 404)
