"""A data directory of the first version is brought up to date by a start, by a command, and never halfway."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from harness.servers import Keys, Server, running_server, visavis
from tests.conftest import OpenPeoplePicture
from visavis.vision.models import RECOGNITION_CARDS, SFACE

FIRST = Path(__file__).with_name("first_version")
DELETED, KEPT = "P001", ("P002", "P003", "P004", "P005")

pytestmark = pytest.mark.slow


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    copied = tmp_path / "data"
    copied.mkdir(mode=0o700)
    for name in ("visavis.db", "master.key"):
        shutil.copyfile(FIRST / name, copied / name)
        (copied / name).chmod(0o600)
    return copied


@pytest.fixture
def keys() -> Keys:
    stored = json.loads((FIRST / "keys.json").read_text())
    return Keys(**stored)


def revision(data_dir: Path) -> str:
    with closing(sqlite3.connect(data_dir / "visavis.db")) as connection:
        [(found,)] = connection.execute("SELECT version_num FROM alembic_version")
        return str(found)


def search(client: httpx.Client, picture: bytes) -> dict[str, float]:
    """External ids and similarities of whom a search in the old group finds, best first."""
    answer = client.post(
        "/groups/staff/faces/search", data={"limit": "5", "threshold": "90"}, files={"imageFile": picture}
    ).json()
    assert answer["header"]["isSuccessful"], answer
    return {match["face"]["externalImageId"]: match["similarity"] for match in answer["data"]["matchFaces"]}


def still_works(server: Server, keys: Keys, picture: OpenPeoplePicture) -> None:
    """Keys, faces and templates of the first version do what they did, and new faces come beside them."""
    with server.v2(keys) as client:
        listed = client.get("/groups/staff/faces", params={"limit": 10}).json()["data"]["faces"]
        assert {face["externalImageId"] for face in listed} == set(KEPT)
        for name in KEPT:
            assert next(iter(search(client, picture(name, "amateur_selfie"))), None) == name
        assert DELETED not in search(client, picture(DELETED, "studio_portrait"))
        new = {"imageFile": picture(DELETED, "studio_portrait")}
        added = client.post("/groups/staff/faces", data={"limit": "1", "externalImageId": "new"}, files=new).json()
        assert added["data"]["addedFaceCount"] == 1
        assert "new" in search(client, picture(DELETED, "amateur_selfie"))


def test_the_server_of_today_goes_on_with_what_the_first_version_stored(
    tmp_path: Path, data_dir: Path, keys: Keys, openpeople_picture: OpenPeoplePicture
) -> None:
    assert revision(data_dir) == "0001"
    with running_server(tmp_path) as server:
        still_works(server, keys, openpeople_picture)
    assert visavis("db", "check", "--data-dir", str(data_dir)).stdout == "No faults.\n"
    with running_server(tmp_path) as server, server.v2(keys) as client:
        assert "new" in search(client, openpeople_picture(DELETED, "amateur_selfie"))


def test_a_command_brings_it_up_to_date_before_the_start(tmp_path: Path, data_dir: Path, keys: Keys) -> None:
    visavis("db", "migrate", "--data-dir", str(data_dir))
    newest = revision(data_dir)
    assert newest > "0001"
    with running_server(tmp_path) as server, server.v2(keys) as client:
        assert client.get("/groups/staff").json()["data"]["faceCount"] == len(KEPT)
    assert revision(data_dir) == newest


def test_its_group_moves_to_a_newer_model_of_the_same_networks(
    tmp_path: Path, data_dir: Path, keys: Keys, openpeople_picture: OpenPeoplePicture
) -> None:
    visavis("db", "migrate", "--data-dir", str(data_dir))
    visavis("group", "upgrade", "front-door", "staff", "--data-dir", str(data_dir))
    [group] = json.loads(visavis("group", "list", "front-door", "--json", "--data-dir", str(data_dir)).stdout)
    assert group["model"] == next(card.name for card in RECOGNITION_CARDS if card.networks == SFACE.networks)
    with running_server(tmp_path) as server, server.v2(keys) as client:
        for name in KEPT:
            assert name in search(client, openpeople_picture(name, "amateur_selfie"))


def test_with_another_master_key_nothing_starts_and_nothing_is_lost(
    tmp_path: Path, data_dir: Path, keys: Keys
) -> None:
    right = (data_dir / "master.key").read_bytes()
    (data_dir / "master.key").write_text("A" * 43 + "=\n")
    done = visavis("serve", "--data-dir", str(data_dir), "--port", "0", check=False)
    assert done.returncode == 1
    assert "master key" in done.stderr
    (data_dir / "master.key").write_bytes(right)
    with running_server(tmp_path) as server, server.v2(keys) as client:
        assert client.get("/groups/staff").json()["data"]["faceCount"] == len(KEPT)
