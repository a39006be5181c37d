"""Recognition events of a real server: each door by its name, kept through kill -9, seen by nobody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from harness.servers import Keys, Server, running_server, visavis

ASSETS = resources.files("visavis") / "assets"
INES, INES_AGAIN, OMAR = (
    (ASSETS / f"{name}.jpg").read_bytes() for name in ("ines-portrait", "ines-selfie", "omar-selfie")
)
TOKEN = "t" * 40
GROUP = "staff"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("events"), {"ADMIN_TOKEN": TOKEN}) as server:
        yield server


@pytest.fixture
def keys(server: Server, request: pytest.FixtureRequest) -> Keys:
    """Of an app whose group records events and has one person, ines."""
    keys = server.create_app(request.node.name[:90])
    watch(server, keys)
    return keys


def watch(server: Server, keys: Keys) -> None:
    with server.v2(keys) as client:
        assert client.post("/groups", json={"groupId": GROUP}).json()["header"]["isSuccessful"]
        fields = {"limit": "1", "externalImageId": "ines"}
        added = client.post(f"/groups/{GROUP}/faces", files={"imageFile": INES}, data=fields).json()
        assert added["data"]["addedFaceCount"] == 1
    visavis("group", "set", keys.name, GROUP, "--recognition-events", "7", "--data-dir", str(server.data_dir))


def search(client: httpx.Client, picture: bytes, door: str | None = None) -> httpx.Response:
    headers = {} if door is None else {"X-Visavis-Door": door}
    fields = {"limit": "10", "threshold": "90"}
    path = f"/groups/{GROUP}/faces/search"
    return client.post(path, files={"imageFile": picture}, data=fields, headers=headers)


def recorded(server: Server, keys: Keys, *options: str) -> Any:
    where = ("--app", keys.name, "--group", GROUP, "--data-dir", str(server.data_dir))
    return json.loads(visavis("events", "list", *where, *options, "--json").stdout)


def by_admin(server: Server, name: str) -> httpx.Response:
    return server.client.get(
        f"/admin/apps/{name}/groups/{GROUP}/events", headers={"Authorization": f"Bearer {TOKEN}"}
    )


def test_a_door_says_its_name_and_whoever_is_recognised_is_recorded(server: Server, keys: Keys) -> None:
    with server.v2(keys) as client:
        for picture in (INES_AGAIN, OMAR):
            assert search(client, picture, quote("정문 1")).json()["header"]["isSuccessful"]
    found = recorded(server, keys)
    [event] = found["events"]
    assert (event["person"], event["door"]) == ("ines", "정문 1")
    assert event["similarity"] >= 90
    assert [(each["door"], each["count"]) for each in found["strangers"]] == [("정문 1", 1)]
    assert recorded(server, keys, "--door", "another")["events"] == []
    assert by_admin(server, keys.name).json()["events"] == found["events"]


@pytest.mark.parametrize("door", ["<b>", "x" * 65, "a%0Ab", "=1+1"])
def test_a_wrong_name_of_a_door_is_refused_in_plain_words_and_leaves_no_trace(
    server: Server, keys: Keys, door: str
) -> None:
    with server.v2(keys) as client:
        answer = search(client, INES_AGAIN, door)
    assert answer.json()["header"]["isSuccessful"] is False
    assert "X-Visavis-Door takes up to 64 letters" in answer.headers["X-Error-Detail"]
    assert recorded(server, keys) == {"events": [], "strangers": []}


def test_another_app_has_none_of_these_events(server: Server, keys: Keys) -> None:
    other = server.create_app("another app than that")
    watch(server, other)
    with server.v2(keys) as client:
        search(client, INES_AGAIN)
    assert len(by_admin(server, keys.name).json()["events"]) == 1
    assert by_admin(server, other.name).json()["events"] == []
    assert by_admin(server, "no such app").status_code == 404


def test_an_event_whose_search_was_answered_survives_kill_9(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        keys = server.create_app("door")
        watch(server, keys)
        with server.v2(keys) as client:
            search(client, INES_AGAIN, "gate")
            server.process.kill()
    [event] = recorded(server, keys)["events"]
    assert (event["person"], event["door"]) == ("ines", "gate")
