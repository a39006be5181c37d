"""What requests leave in the audit log: who, from where, what, about which group and face, and how it ended."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from harness.servers import Keys, visavis
from tests.admin.client import TOKEN, AdminClient, assert_refused
from tests.conftest import OpenPeoplePicture

Record = Mapping[str, Any]

LOOSE: dict[str, Any] = {"limit": (None, "5"), "threshold": (None, "90")}


def records(admin: AdminClient, **where: object) -> list[Record]:
    """Oldest first."""
    answer = admin.answer("GET", "/audit", params={"limit": 1000, **where})
    return list(reversed(answer["records"]))


def of_app(admin: AdminClient, keys: Keys) -> list[Record]:
    """What was recorded of an app since it was made."""
    first, *others = records(admin, app=keys.name)
    assert (first["operation"], first["actor"]) == ("create_app", "admin")
    return others


def told(record: Record) -> dict[str, Any]:
    names = ("dialect", "operation", "group", "faces", "result")
    return {name: record.get(name) for name in names if name in record}


@pytest.fixture
def selfie(openpeople_picture: OpenPeoplePicture) -> bytes:
    return openpeople_picture("P001", "amateur_selfie")


def register(client: httpx.Client, group: str, picture: bytes) -> str:
    answer = client.post(f"/groups/{group}/faces", files={"imageFile": picture, "limit": (None, "1")}).json()
    return str(answer["data"]["addedFaces"][0]["faceId"])


def test_a_life_of_a_group_is_told_from_its_creation_to_its_end(
    admin: AdminClient, keys: Keys, selfie: bytes
) -> None:
    group = admin.new_group(keys)
    picture: dict[str, Any] = {"imageFile": selfie}
    with admin.server.v2(keys) as client:
        face = register(client, group, selfie)
        client.post("/faces/detect", files=picture)
        client.post(f"/groups/{group}/faces/search", files=picture | LOOSE)
        client.post(f"/groups/{group}/faces/{face}/verify", files=picture)
        client.get(f"/groups/{group}/faces/{face}/search", params={"limit": 5, "threshold": 90})
        compared: dict[str, Any] = {
            "sourceImageFile": selfie,
            "targetImageFile": selfie,
            "threshold": (None, "90"),
        }
        client.post("/faces/compare", files=compared)
        client.get(f"/groups/{group}/faces", params={"limit": 5})  # a listing: not recorded unless asked for
        client.delete(f"/groups/{group}/faces/{face}")
        client.delete(f"/groups/{group}/faces/{face}")
        client.delete(f"/groups/{group}")
    log = of_app(admin, keys)
    here, done = {"dialect": "v2", "group": group}, {"result": "ok"}
    assert [told(record) for record in log] == [
        {"operation": "create_group", **here, **done},
        {"operation": "register", **here, "faces": [face], **done},
        {"operation": "detect", "dialect": "v2", **done},
        {"operation": "search_by_image", **here, **done},
        {"operation": "verify", **here, "faces": [face], **done},
        {"operation": "search_by_face_id", **here, "faces": [face], **done},
        {"operation": "compare", "dialect": "v2", **done},
        {"operation": "delete_face", **here, "faces": [face], **done},
        {"operation": "delete_face", **here, "result": "face_not_found"},
        {"operation": "delete_group", **here, **done},
    ]
    assert {record["actor"] for record in log} == {"app"}
    assert {record["address"] for record in log} == {"127.0.0.1"}
    assert len({record["key_id"] for record in log}) == 1
    assert len({record["app_id"] for record in log}) == 1


def test_a_collection_is_told_as_the_group_that_it_is(admin: AdminClient, keys: Keys, selfie: bytes) -> None:
    group = admin.new_group(keys)
    sent = {"collectionId": group, "userName": "kim", "faceImage": base64.b64encode(selfie).decode()}
    with httpx.Client(
        base_url=f"{admin.server.url}/modules", headers={"x-api-key": keys.apiKey}, trust_env=False, timeout=60
    ) as client:
        added = client.post("/faces", json=sent).json()
        client.post("/search", json=sent)
        client.request("DELETE", "/faces", params={"collectionId": group, "faceId": added["faceId"]})
    log = of_app(admin, keys)[1:]
    face, common = {"faces": [added["faceId"]]}, {"dialect": "searchface", "group": group, "result": "ok"}
    assert [told(record) for record in log] == [
        {"operation": "add_face", **face, **common},
        {"operation": "search_face", **common},
        {"operation": "delete_face", **face, **common},
    ]
    assert "kim" not in json.dumps(log)


def test_what_fails_is_told_with_its_error(admin: AdminClient, keys: Keys, selfie: bytes) -> None:
    group = admin.new_group(keys)
    with admin.server.v2(keys) as client:
        client.post("/groups", json={"groupId": group})
        client.post(f"/groups/{group}/faces", files={"imageFile": b"no picture", "limit": (None, "1")})
        client.post("/groups/nowhere/faces/search", files={"imageFile": selfie, **LOOSE})
    assert [told(record) for record in of_app(admin, keys)[1:]] == [
        {"dialect": "v2", "operation": "create_group", "group": group, "result": "duplicate_group"},
        {"dialect": "v2", "operation": "register", "group": group, "result": "not_an_image"},
        {"dialect": "v2", "operation": "search_by_image", "result": "group_not_found"},
    ]


def test_after_a_rotation_the_log_tells_old_and_new_keys_apart(admin: AdminClient, keys: Keys) -> None:
    admin.new_group(keys)
    new = Keys(**admin.answer("POST", f"/apps/{keys.name}/keys", json={}))
    admin.new_group(new)
    before, rotation, after = of_app(admin, keys)
    assert rotation["actor"] == "admin"
    assert rotation["operation"] == "rotate_keys"
    assert before["key_id"] < after["key_id"]


def test_what_the_operator_does_is_told(admin: AdminClient, keys: Keys) -> None:
    group = admin.new_group(keys)
    admin.answer("PATCH", f"/apps/{keys.name}/groups/{group}", json={"similarity": 80, "liveness": True})
    admin.answer("PATCH", f"/apps/{keys.name}", json={"dialects_off": ["v1"]})
    assert_refused(admin.ask("PATCH", f"/apps/{keys.name}/groups/{group}", json={"similarity": 101}), 422)
    admin.answer("DELETE", f"/apps/{keys.name}")
    log = [record for record in of_app(admin, keys) if record["actor"] == "admin"]
    assert [(record["operation"], record.get("detail"), record["result"]) for record in log] == [
        ("change_group", "liveness: True, similarity: 80.0", "ok"),
        ("change_app", "dialects off: v1", "ok"),
        ("delete_app", None, "ok"),
    ]
    assert {record["address"] for record in log} == {"127.0.0.1"}
    invalid = records(admin, operation="change_group")[-1]
    assert invalid["result"] == "invalid_parameter"


def test_what_a_command_does_is_told_with_the_user_of_the_system(admin: AdminClient) -> None:
    made = admin.server.create_app("by command, for the log")
    [record] = records(admin, app=made.name)
    assert (record["actor"], record["operation"]) == ("command", "create_app")
    assert record["user"]


def test_reading_the_log_is_told_too(admin: AdminClient) -> None:
    records(admin)
    assert [record["actor"] for record in records(admin, operation="read_audit")][-1] == "admin"
    visavis("audit", "export", "--app", "nobody", "--data-dir", str(admin.server.data_dir))
    last = records(admin, operation="export_audit")[-1]
    assert (last["actor"], last["app"]) == ("command", "nobody")


def test_refused_credentials_are_told_without_the_credentials(admin: AdminClient, keys: Keys) -> None:
    wrong = Keys(keys.name, keys.appKey, "f" * 64, keys.apiKey)
    assert not admin.knows(wrong)
    admin.ask("GET", "/apps", token="not the token")
    refused = [record for record in records(admin, operation="authenticate") if record["result"] != "ok"]
    assert refused[0]["address"] == "127.0.0.1"
    assert "app" not in refused[0]
    assert "f" * 64 not in json.dumps(refused)


def test_neither_keys_nor_labels_get_into_the_log_wherever_they_are_sent(
    admin: AdminClient, keys: Keys, selfie: bytes
) -> None:
    group = admin.new_group(keys)
    label = "somebody-by-name"
    with admin.server.v2(keys) as client:
        form: dict[str, Any] = {"imageFile": selfie, "limit": (None, "1"), "externalImageId": (None, label)}
        client.post(f"/groups/{group}/faces", files=form)
        client.get(f"/groups/{group}/faces", params={"limit": 5, "externalImageId": label})
        for secret in (keys.secretKey, keys.apiKey, keys.appKey):
            client.post(f"/groups/{secret}/faces/search", files={"imageFile": selfie, **LOOSE})
            client.post(f"/groups/{group}/faces/{secret}/verify", files={"imageFile": selfie})
            client.delete(f"/groups/{group}/faces/{secret}")
    admin.ask("PATCH", f"/apps/{keys.secretKey}", json={})
    admin.ask("PATCH", f"/apps/{keys.secretKey}", json={"nonsense": 1})
    admin.ask("GET", f"/apps/{keys.secretKey}/groups/g")
    exported = visavis("audit", "export", "--data-dir", str(admin.server.data_dir)).stdout
    files = b"".join(path.read_bytes() for path in admin.server.data_dir.iterdir())
    for secret in (keys.secretKey, keys.apiKey, keys.appKey, TOKEN):
        assert secret not in exported
        assert secret.encode() not in files
    assert label not in exported


def test_pages_of_the_log_follow_each_other(admin: AdminClient, keys: Keys) -> None:
    for _ in range(5):
        admin.new_group(keys)
    seen: list[int] = []
    before = None
    while True:
        asked = {"app": keys.name, "limit": 2} | ({"before": before} if before else {})
        page = admin.answer("GET", "/audit", params=asked)
        seen += [record["position"] for record in page["records"]]
        before = page["next"]
        if before is None:
            break
    assert len(seen) == 6
    assert seen == sorted(seen, reverse=True)


UNASKABLE: tuple[dict[str, object], ...] = (
    {"x": 1},
    {"limit": 0},
    {"limit": 1001},
    {"before": 0},
    {"since": "yesterday"},
    {"since": "2026-01-01"},
    {"x": 1},
)


@pytest.mark.parametrize("asked", UNASKABLE, ids=str)
def test_a_page_that_cannot_be_is_refused(asked: dict[str, object], admin: AdminClient) -> None:
    assert_refused(admin.ask("GET", "/audit", params=asked), 422)


def test_the_commands_verify_and_export_what_the_server_has_recorded(admin: AdminClient, keys: Keys) -> None:
    admin.new_group(keys)
    where = ("--data-dir", str(admin.server.data_dir))
    head = visavis("audit", "head", *where).stdout.strip()
    assert "all as they were recorded" in visavis("audit", "verify", "--head", head, *where).stdout
    lines = visavis("audit", "export", *where).stdout.splitlines()
    exported = [json.loads(line) for line in lines]
    assert [record["position"] for record in exported] == list(range(1, len(exported) + 1))
    assert f"{head.partition(':')[2]}" in {record["link"] for record in exported}
    forged = head.replace(head[-1], "0" if head[-1] != "0" else "1")
    refused = visavis("audit", "verify", "--head", forged, *where, check=False)
    assert refused.returncode == 1
    wrong = visavis("audit", "verify", "--head", "nonsense", *where, check=False)
    assert (wrong.returncode, wrong.stderr.startswith("visavis: ")) == (1, True)
