"""Persons by the admin API: registered, listed, changed, merged and deleted, each as one act on the audit log."""

from __future__ import annotations

import base64
import unicodedata
from importlib import resources
from typing import Any
from urllib.parse import quote

import pytest

from harness.servers import Keys

from .client import AdminClient, assert_refused

ASSETS = resources.files("visavis") / "assets"
INES = (ASSETS / "ines-portrait.jpg").read_bytes()
INES_AGAIN = (ASSETS / "ines-selfie.jpg").read_bytes()
OMAR = (ASSETS / "omar-selfie.jpg").read_bytes()


@pytest.fixture
def path(admin: AdminClient, keys: Keys) -> str:
    """Of the persons of a new group."""
    return f"/apps/{keys.name}/groups/{admin.new_group(keys)}/persons"


def add(admin: AdminClient, path: str, picture: bytes = INES, **fields: str) -> Any:
    return admin.answer("POST", path, files={"picture": picture}, data=fields)


def names(admin: AdminClient, path: str) -> dict[str, tuple[str, int]]:
    return {row["id"]: (row["name"], row["faces"]) for row in admin.answer("GET", path)["persons"]}


def records(admin: AdminClient, path: str) -> list[tuple[str, str, int]]:
    """What the audit log says of the group's persons, oldest first: operation, result, number of faces."""
    group = path.split("/")[4]
    found = admin.answer("GET", "/audit", params={"group": group})["records"]
    return [(row["operation"], row["result"], len(row.get("faces") or ())) for row in reversed(found)]


def test_people_are_registered_by_id_by_name_or_both(admin: AdminClient, path: str) -> None:
    by_id = add(admin, path, id="e-7")
    assert (by_id["id"], by_id["name"], by_id["faces"]) == ("e-7", "", 1)
    assert by_id["quality"] > 0
    by_name = add(admin, path, OMAR, name="김민수")
    assert by_name["id"].startswith("p-")
    both = add(admin, path, OMAR, id="e-8", name="이영희")
    plain = add(admin, path, OMAR, name="omar")
    assert plain["id"] == "omar"
    assert names(admin, path) == {
        "e-7": ("", 1),
        by_name["id"]: ("김민수", 1),
        "e-8": ("이영희", 1),
        "omar": ("omar", 1),
    }
    assert admin.answer("GET", f"{path}/e-8") == {key: both[key] for key in ("id", "name", "faces", "newest")}


def test_a_name_of_macos_is_the_name_that_others_type(admin: AdminClient, path: str) -> None:
    first = add(admin, path, name=unicodedata.normalize("NFD", "김민수"))
    assert first["name"] == "김민수"
    assert_refused(admin.ask("POST", path, files={"picture": OMAR}, data={"name": "김민수"}), 409)


@pytest.mark.parametrize("fields", [{"id": "e-7"}, {"name": "김민수"}, {"name": "e-7"}])
def test_a_clash_is_a_question_and_registers_nobody(fields: dict[str, str], admin: AdminClient, path: str) -> None:
    add(admin, path, id="e-7", name="김민수")
    answer = admin.ask("POST", path, files={"picture": OMAR}, data=fields)
    assert assert_refused(answer, 409) == answer.headers["X-Error-Detail"]
    assert names(admin, path) == {"e-7": ("김민수", 1)}


def test_two_people_of_one_name_are_told_apart_when_that_is_said(admin: AdminClient, path: str) -> None:
    first = add(admin, path, name="김민수")
    second = add(admin, path, OMAR, name="김민수", another="true")
    assert first["id"] != second["id"]
    assert set(names(admin, path).values()) == {("김민수", 1)}


def test_a_picture_is_added_to_the_person_who_is_meant_and_to_nobody_else(admin: AdminClient, path: str) -> None:
    add(admin, path, id="e-7", name="김민수")
    again = add(admin, f"{path}/e-7", INES_AGAIN)
    assert (again["id"], again["name"], again["faces"]) == ("e-7", "김민수", 2)
    assert_refused(admin.ask("POST", f"{path}/e-8", files={"picture": OMAR}), 404)
    assert names(admin, path) == {"e-7": ("김민수", 2)}


@pytest.mark.parametrize(
    ("form", "status", "says"),
    [
        ({"files": {"picture": OMAR}}, 400, "needs an id"),
        ({"files": {"picture": OMAR}, "data": {"id": " ", "name": " "}}, 400, "id has 1 to 255"),
        ({"files": {"picture": OMAR}, "data": {"id": "a b"}}, 400, "id has 1 to 255"),
        ({"files": {"picture": OMAR}, "data": {"name": "a\tb"}}, 400, "printable"),
        ({"files": {"picture": OMAR}, "data": {"name": "x" * 256}}, 400, "255"),
        ({"files": {"picture": OMAR}, "data": {"id": "a", "nmae": "b"}}, 400, "nmae"),
        ({"files": {"picture": OMAR}, "data": {"id": "a", "another": "yes"}}, 400, "another"),
        ({"files": {"picture": b""}, "data": {"id": "a"}}, 400, "picture"),
        ({"files": [("picture", OMAR), ("picture", INES)], "data": {"id": "a"}}, 400, "picture"),
        ({"files": {"other": OMAR}, "data": {"id": "a"}}, 400, "other"),
        ({"json": {"id": "a"}}, 400, "Content-Type"),
        ({"files": {"picture": b"no picture"}, "data": {"id": "a"}}, 422, ""),
        ({"files": {"picture": OMAR[: len(OMAR) // 2]}, "data": {"id": "a"}}, 422, ""),
        ({"files": {"picture": bytes(16_000_001)}, "data": {"id": "a"}}, 413, "longer"),
    ],
)
def test_what_cannot_be_registered_is_refused_with_a_reason(
    form: dict[str, Any], status: int, says: str, admin: AdminClient, path: str
) -> None:
    answer = admin.ask("POST", path, **form)
    assert says in assert_refused(answer, status)
    assert names(admin, path) == {}


def test_the_list_comes_in_pages_and_finds_parts_of_names(admin: AdminClient, path: str) -> None:
    for number in range(3):
        add(admin, path, id=f"e-{number}", name=f"김{number}")
    first = admin.answer("GET", path, params={"limit": 2})
    assert ([row["id"] for row in first["persons"]], first["total"], first["next"]) == (["e-0", "e-1"], 3, 2)
    last = admin.answer("GET", path, params={"limit": 2, "offset": first["next"]})
    assert ([row["id"] for row in last["persons"]], last["total"], last["next"]) == (["e-2"], 3, None)
    assert [row["id"] for row in admin.answer("GET", path, params={"find": "김1"})["persons"]] == ["e-1"]
    beyond = admin.answer("GET", path, params={"offset": 50})
    assert beyond == {"persons": [], "total": 3, "next": None}
    for wrong in ({"limit": 0}, {"limit": 1001}, {"offset": -1}, {"limit": "x"}, {"unknown": 1}):
        assert_refused(admin.ask("GET", path, params=wrong), 422)


def test_name_and_id_change_as_one_act_and_one_record(admin: AdminClient, path: str) -> None:
    add(admin, path, id="e-7", name="김민수")
    changed = admin.answer("PATCH", f"{path}/e-7", json={"id": "e-9", "name": "김 민수"})
    assert (changed["id"], changed["name"], changed["faces"]) == ("e-9", "김 민수", 1)
    assert admin.answer("PATCH", f"{path}/e-9", json={}) == changed
    assert admin.answer("PATCH", f"{path}/e-9", json={"name": ""})["name"] == ""
    assert_refused(admin.ask("GET", f"{path}/e-7"), 404)
    assert records(admin, path)[1:4] == [
        ("add_person", "ok", 1),
        ("change_person", "ok", 1),
        ("change_person", "ok", 0),
    ]


def test_an_id_that_is_taken_changes_nothing_unless_a_merge_is_meant(admin: AdminClient, path: str) -> None:
    add(admin, path, id="a", name="first")
    add(admin, path, INES_AGAIN, id="b", name="second")
    assert_refused(admin.ask("PATCH", f"{path}/a", json={"id": "b", "name": "third"}), 409)
    assert names(admin, path) == {"a": ("first", 1), "b": ("second", 1)}
    assert_refused(admin.ask("PATCH", f"{path}/a", json={"id": "nobody", "merge": True}), 404)
    assert_refused(admin.ask("PATCH", f"{path}/a", json={"merge": True}), 400)
    merged = admin.answer("PATCH", f"{path}/a", json={"id": "b", "merge": True})
    assert (merged["id"], merged["name"], merged["faces"]) == ("b", "second", 2)
    assert names(admin, path) == {"b": ("second", 2)}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"id": "a b"}, 400),
        ({"id": ""}, 400),
        ({"id": "김민수"}, 400),
        ({"name": "x" * 256}, 400),
        ({"name": 7}, 422),
        ({"merge": "yes", "id": "b"}, 422),
        ({"surprise": 1}, 422),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    body: dict[str, Any], status: int, admin: AdminClient, path: str
) -> None:
    add(admin, path, id="a", name="first")
    answer = admin.ask("PATCH", f"{path}/a", json=body)
    assert assert_refused(answer, status) == answer.headers["X-Error-Detail"]
    assert names(admin, path) == {"a": ("first", 1)}


def test_a_person_is_deleted_as_one_act_and_one_record(admin: AdminClient, path: str) -> None:
    add(admin, path, id="a", name="first")
    add(admin, f"{path}/a", INES_AGAIN)
    add(admin, path, OMAR, id="b")
    assert admin.answer("DELETE", f"{path}/a") == {"id": "a", "faces_deleted": 2}
    assert names(admin, path) == {"b": ("", 1)}
    assert_refused(admin.ask("DELETE", f"{path}/a"), 404)
    assert [record for record in records(admin, path) if record[0] == "delete_person"] == [
        ("delete_person", "ok", 2),
        ("delete_person", "person_not_found", 0),
    ]


def test_an_id_of_search_face_with_a_slash_is_a_person_too(admin: AdminClient, keys: Keys, path: str) -> None:
    asked = {
        "collectionId": path.split("/")[4],
        "userName": "부서/김민수",
        "faceImage": base64.b64encode(OMAR).decode(),
    }
    added = admin.server.client.post("/faces", json=asked, headers={"x-api-key": keys.apiKey})
    assert added.is_success, added.text
    person = admin.answer("GET", f"{path}/{quote('부서/김민수', safe='')}")
    assert (person["id"], person["faces"]) == ("부서/김민수", 1)
    assert admin.answer("PATCH", f"{path}/부서/김민수", json={"id": "e-7"})["id"] == "e-7"


@pytest.mark.parametrize("method", ["GET", "PATCH", "POST", "DELETE"])
def test_a_group_of_another_app_has_no_persons_here(method: str, admin: AdminClient, path: str) -> None:
    add(admin, path, id="a")
    theirs = path.replace(path.split("/")[2], admin.new_app().name)
    bodies: dict[str, Any] = {"PATCH": {"json": {"name": "x"}}, "POST": {"files": {"picture": OMAR}}}
    body = bodies.get(method, {})
    assert_refused(admin.ask(method, f"{theirs}/a", **body), 404)
    assert_refused(admin.ask(method, f"{path}/a", token="wrong", **body), 401)
    assert names(admin, path) == {"a": ("", 1)}


def test_neither_names_nor_ids_of_people_reach_the_logs(admin: AdminClient, path: str) -> None:
    add(admin, path, id="id-of-somebody", name="Name Of Somebody")
    admin.answer("PATCH", f"{path}/id-of-somebody", json={"name": "Other Name"})
    assert_refused(admin.ask("POST", path, files={"picture": OMAR}, data={"name": "Other Name"}), 409)
    admin.answer("DELETE", f"{path}/id-of-somebody")
    written = admin.server.log.read_text() + str(admin.answer("GET", "/audit", params={"limit": 1000}))
    for secret in ("id-of-somebody", "Name Of Somebody", "Other Name"):
        assert secret not in written
