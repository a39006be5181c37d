"""A group is moved to another model of its network beside a running server, by whichever door."""

from __future__ import annotations

import json
from collections.abc import Iterator
from subprocess import CompletedProcess
from typing import Any
from uuid import uuid4

import httpx
import pytest

from harness.servers import Keys, Server, running_server, visavis
from tests.packs import NAME, PLAIN, add_pack, link_models, older_and_newer, plain_card
from visavis.vision.models import SFACE
from visavis.vision.store import ModelStore

from .conftest import sample

TOKEN = "the-operator-of-these-tests"  # a made-up token


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, model_store: ModelStore) -> Iterator[Server]:
    """New groups get SFace's recipe; another of its network, and one that is fed otherwise, are there too."""
    models = link_models(tmp_path_factory.mktemp("moving") / "models", model_store)
    add_pack(models, model_store, plain_card(), PLAIN)
    add_pack(models, model_store)
    settings = {"MODELS_DIR": str(models), "RECOGNITION_MODEL": SFACE.name, "ADMIN_TOKEN": TOKEN}
    with running_server(models.parent, settings) as server:
        yield server


@pytest.fixture
def keys(server: Server) -> Keys:
    return server.create_app(f"app-{uuid4().hex[:8]}")


@pytest.fixture
def group(server: Server, keys: Keys) -> str:
    """A new group with one face, Ines's."""
    return new_group(server, keys, "staff")


def new_group(server: Server, keys: Keys, name: str) -> str:
    with server.v2(keys) as client:
        client.post("/groups", json={"groupId": name})
    register(server, keys, name, "ines-portrait", "ines")
    return name


def register(server: Server, keys: Keys, group: str, name: str, label: str) -> None:
    form = {"limit": "1", "externalImageId": label}
    with server.v2(keys) as client:
        answer = client.post(f"/groups/{group}/faces", data=form, files={"imageFile": sample(name)})
    assert answer.json()["header"]["isSuccessful"], answer.text


def command(server: Server, *arguments: str) -> CompletedProcess[str]:
    where = ("--data-dir", str(server.data_dir))
    return visavis("group", *arguments, *where, check=False, settings=server.settings)


def model_of(server: Server, keys: Keys, group: str) -> str:
    rows = json.loads(command(server, "list", keys.name, "--json").stdout)
    [model] = [row["model"] for row in rows if row["group"] == group]
    return str(model)


def found(server: Server, keys: Keys, group: str, name: str = "ines-selfie") -> list[str]:
    """The external image ids of who matches at 90."""
    form, files = {"limit": "5", "threshold": "90"}, {"imageFile": sample(name)}
    with server.v2(keys) as client:
        answer = client.post(f"/groups/{group}/faces/search", data=form, files=files).json()
    return [match["face"]["externalImageId"] for match in answer["data"]["matchFaces"]]


def admin(server: Server, method: str, path: str, **body: Any) -> httpx.Response:
    return server.client.request(method, f"/admin{path}", headers={"Authorization": f"Bearer {TOKEN}"}, **body)


def test_the_command_moves_a_group_and_the_server_goes_on_with_it(server: Server, keys: Keys, group: str) -> None:
    assert found(server, keys, group) == ["ines"]
    done = command(server, "upgrade", keys.name, group, "--to", PLAIN)
    assert (done.returncode, done.stdout) == (0, f"staff: from sface-2021dec to {PLAIN}, 1 face\n"), done.stderr
    assert model_of(server, keys, group) == PLAIN
    assert found(server, keys, group) == ["ines"]
    assert found(server, keys, group, "omar-selfie") == []
    register(server, keys, group, "omar-selfie", "omar")
    assert found(server, keys, group, "omar-selfie") == ["omar"]


def test_scripts_are_told_in_json_and_a_second_time_nothing_is_done(
    server: Server, keys: Keys, group: str
) -> None:
    row = {"app": keys.name, "group": group, "faces": 1}
    for before in (SFACE.name, PLAIN):
        done = command(server, "upgrade", keys.name, group, "--to", PLAIN, "--json")
        assert json.loads(done.stdout) == [row | {"from": before, "to": PLAIN}]


def test_a_move_is_on_record_under_who_made_it(server: Server, keys: Keys, group: str) -> None:
    command(server, "upgrade", keys.name, group, "--to", PLAIN)
    admin(server, "POST", f"/apps/{keys.name}/groups/{group}/upgrade", json={"model": SFACE.name})
    asked = {"app": keys.name, "operation": "upgrade_group"}
    records = admin(server, "GET", "/audit", params=asked).json()["records"]
    assert [(record["actor"], record["group"], record["detail"]) for record in records] == [
        ("admin", group, f"from {PLAIN} to sface-2021dec"),
        ("command", group, f"from sface-2021dec to {PLAIN}"),
    ]


def test_the_admin_api_moves_a_group_and_answers_with_it(server: Server, keys: Keys, group: str) -> None:
    path = f"/apps/{keys.name}/groups/{group}"
    answer = admin(server, "POST", f"{path}/upgrade", json={"model": PLAIN})
    assert answer.status_code == 200
    assert answer.json()["modelVersion"] == PLAIN
    assert admin(server, "GET", path).json() == answer.json()
    assert found(server, keys, group) == ["ines"]


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (NAME, "do not use the same networks with the same input"),
        ("nowhere", "There is no recognition model 'nowhere' with a similarity scale on this server."),
    ],
)
def test_a_model_that_nothing_leads_to_is_refused_with_the_reason(
    server: Server, keys: Keys, group: str, model: str, reason: str
) -> None:
    refused = command(server, "upgrade", keys.name, group, "--to", model)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert reason in refused.stderr
    answer = admin(server, "POST", f"/apps/{keys.name}/groups/{group}/upgrade", json={"model": model})
    assert answer.status_code == 400
    assert reason in answer.json()["error"]
    assert model_of(server, keys, group) == SFACE.name
    assert found(server, keys, group) == ["ines"]


@pytest.mark.parametrize(
    "arguments",
    [(), ("app",), ("app", "group", "--all"), ("--all", "--to", PLAIN), ("app", "--to", PLAIN)],
    ids=" ".join,
)
def test_what_does_not_say_which_groups_is_a_wrong_call(server: Server, arguments: tuple[str, ...]) -> None:
    refused = command(server, "upgrade", *arguments)
    assert refused.returncode == 2
    assert "Give an app and a group" in refused.stderr.replace("\n", " ")


def test_all_groups_move_to_the_newest_and_the_server_tells_at_its_start_of_those_that_have_not(
    server: Server,
) -> None:
    old, new = older_and_newer()
    settings = dict(server.settings) | {"RECOGNITION_MODEL": old}
    folder = server.data_dir.parent / "older"
    folder.mkdir()
    with running_server(folder, settings) as other:
        keys = [other.create_app(name) for name in ("first", "second")]
        for each in keys:
            new_group(other, each, "staff")
    line = f"Groups of the recognition model {old} (2) can be moved to the newer {new} without pictures:"
    assert line not in other.log.read_text()
    with running_server(folder, settings, "again.log") as other:
        assert f"{line} visavis group upgrade --all" in other.log.read_text()
        path = "/apps/first/groups/staff"
        assert admin(other, "GET", path).json()["newerModelVersion"] == new
        done = command(other, "upgrade", "first", "--all")
        assert done.stdout == f"staff: from {old} to {new}, 1 face\n"
        assert admin(other, "GET", path).json()["newerModelVersion"] is None
        done = command(other, "upgrade", "--all")
        assert done.stdout.splitlines() == [f"staff: {new} already", f"staff: from {old} to {new}, 1 face"]
        for each in keys:
            assert model_of(other, each, "staff") == new
            assert found(other, each, "staff") == ["ines"]
    with running_server(folder, settings, "moved.log") as other:
        assert line not in other.log.read_text()
