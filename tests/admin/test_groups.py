"""What a group asks of faces: read, changed in part, kept within its range."""

from __future__ import annotations

from typing import Any

import pytest

from harness.servers import Keys

from .client import AdminClient, assert_refused

DEFAULTS = {
    "liveness": False,
    "liveness_threshold": 50,
    "similarity": 90,
    "min_quality": 0,
    "min_comparability": 50,
    "recognition_event_days": 0,
    "recognition_event_gap_seconds": 60,
    "retention_hours": 0,
}


@pytest.fixture
def path(admin: AdminClient, keys: Keys) -> str:
    """Of a new group."""
    return f"/apps/{keys.name}/groups/{admin.new_group(keys)}"


def settings(answer: Any) -> Any:
    return {name: answer[name] for name in DEFAULTS}


def test_a_new_group_has_the_default_settings_and_tells_model_and_faces(admin: AdminClient, path: str) -> None:
    answer = admin.answer("GET", path)
    assert answer.pop("groupId") == path.rpartition("/")[2]
    assert answer.pop("faceCount") == 0
    assert answer.pop("modelVersion")
    assert answer.pop("newerModelVersion") is None
    assert answer.pop("strangers") == {"matched": 0, "similarity_for_1_in_100": 0}
    assert answer == DEFAULTS


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"liveness": True},
        {"liveness_threshold": 0},
        {"liveness_threshold": 99.5},
        {"similarity": 100},
        {"min_quality": 62.5},
        {"min_comparability": 12.5},
        {"retention_hours": 720},
        {"liveness": True, "liveness_threshold": 70, "similarity": 95},
        {"liveness": None, "similarity": None},
    ],
)
def test_what_is_sent_is_changed_and_the_rest_stays(change: dict[str, Any], admin: AdminClient, path: str) -> None:
    sent = {name: value for name, value in change.items() if value is not None}
    changed = admin.answer("PATCH", path, json=change)
    assert settings(changed) == DEFAULTS | sent
    assert admin.answer("GET", path) == changed
    assert settings(admin.answer("PATCH", path, json={"liveness_threshold": 1})) == DEFAULTS | sent | {
        "liveness_threshold": 1
    }


@pytest.mark.parametrize("name", ["liveness_threshold", "similarity", "min_quality", "min_comparability"])
@pytest.mark.parametrize("value", ["-1", "-0.01", "100.01", "1e400", "NaN", "Infinity", '"90"', "true", "[]"])
def test_a_number_out_of_range_is_refused_and_nothing_changes(
    name: str, value: str, admin: AdminClient, path: str
) -> None:
    body = f'{{"liveness": true, "{name}": {value}}}'.encode()
    response = admin.server.client.patch(
        f"/admin{path}", content=body, headers=admin.headers | {"Content-Type": "application/json"}
    )
    assert name in assert_refused(response, 422)
    assert settings(admin.answer("GET", path)) == DEFAULTS


@pytest.mark.parametrize("value", [-1, 876_001, 1.5, "24", True, [], 10**30])
def test_a_retention_is_a_whole_number_of_hours_up_to_a_hundred_years(
    value: object, admin: AdminClient, path: str
) -> None:
    assert "retention_hours" in assert_refused(admin.ask("PATCH", path, json={"retention_hours": value}), 422)
    assert settings(admin.answer("GET", path)) == DEFAULTS


@pytest.mark.parametrize("value", ["on", "true", 1, 0])
def test_a_switch_is_true_or_false(value: object, admin: AdminClient, path: str) -> None:
    assert "liveness" in assert_refused(admin.ask("PATCH", path, json={"liveness": value}), 422)
    assert settings(admin.answer("GET", path)) == DEFAULTS


@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_a_group_that_does_not_exist_or_is_gone_or_belongs_to_another_is_not_found(
    method: str, admin: AdminClient, keys: Keys
) -> None:
    gone = admin.new_group(keys)
    with admin.server.v2(keys) as client:
        client.delete(f"/groups/{gone}")
    theirs = admin.new_group(admin.new_app())
    body: dict[str, Any] = {"json": {"similarity": 1}} if method == "PATCH" else {}
    for group in ("a-group-that-never-was", gone, theirs):
        assert_refused(admin.ask(method, f"/apps/{keys.name}/groups/{group}", **body), 404)
    assert_refused(admin.ask(method, f"/apps/{keys.name}/groups/no%20id", **body), 400)


def test_settings_of_one_group_are_not_those_of_another(admin: AdminClient, keys: Keys, path: str) -> None:
    other = f"/apps/{keys.name}/groups/{admin.new_group(keys)}"
    admin.answer("PATCH", path, json={"similarity": 10})
    assert settings(admin.answer("GET", other)) == DEFAULTS
