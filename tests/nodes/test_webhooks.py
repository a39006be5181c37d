"""A webhook of several nodes: told by each of them, of each event once, and of those of a node that was killed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

from harness.postgres import Postgres
from harness.receiver import Receiver, running_receiver
from harness.servers import Keys, visavis
from tests.nodes.cluster import Cluster, running_cluster

ASSETS = resources.files("visavis") / "assets"
GROUP = "staff"


@pytest.fixture(scope="module")
def two(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder: Path = tmp_path_factory.mktemp("webhooks")
    with running_cluster(folder, postgres, ()) as cluster:
        cluster.settings["WEBHOOK__ALLOW_NETWORKS"] = "127.0.0.1"
        for name in ("node-a", "node-b"):
            (folder / name).mkdir()
            cluster.start(name)
        yield cluster


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as receiver:
        yield receiver


def watched(cluster: Cluster, receiver: Receiver, name: str) -> tuple[Keys, str]:
    """The keys of a new app whose group tells the receiver of ines, and the secret of the webhook."""
    keys = cluster.create_app(name)
    with next(iter(cluster.nodes.values())).v2(keys) as client:
        client.post("/groups", json={"groupId": GROUP})
        files = {"imageFile": (ASSETS / "ines-portrait.jpg").read_bytes()}
        client.post(f"/groups/{GROUP}/faces", files=files, data={"limit": "1", "externalImageId": "ines"})
    where = ("--data-dir", str(cluster.folder / "operator"))
    visavis("group", "set", name, GROUP, "--recognition-events", "7", *where, settings=cluster.settings)
    place = ("--app", name, "--group", GROUP, "--json", *where)
    made = visavis("events", "webhook", "set", receiver.url, *place, settings=cluster.settings).stdout
    return keys, json.loads(made)["secret"]


def pass_by(cluster: Cluster, keys: Keys, node: str, door: str) -> None:
    with cluster.nodes[node].v2(keys) as client:
        fields, files = {"limit": "1", "threshold": "90"}, {"imageFile": (ASSETS / "ines-selfie.jpg").read_bytes()}
        headers = {"X-Visavis-Door": door}
        answer = client.post(f"/groups/{GROUP}/faces/search", files=files, data=fields, headers=headers)
        assert answer.json()["header"]["isSuccessful"]


def doors(receiver: Receiver) -> list[str]:
    return sorted(message.content["data"]["door"] for message in receiver.messages)


def test_what_any_node_records_is_told_once(two: Cluster, receiver: Receiver) -> None:
    keys, secret = watched(two, receiver, "once")
    expected = sorted(f"door {number}" for number in range(12))
    for number, door in enumerate(expected):
        pass_by(two, keys, ("node-a", "node-b")[number % 2], door)
        pass_by(two, keys, ("node-a", "node-b")[(number + 1) % 2], door)  # seen again: no event
    receiver.wait_for(len(expected))
    assert doors(receiver) == expected
    assert all(message.is_signed_by(secret) for message in receiver.messages)


def test_what_a_killed_node_has_begun_is_told_by_another(two: Cluster, receiver: Receiver) -> None:
    keys, _ = watched(two, receiver, "killed")
    two.kill("node-b")
    receiver.is_open.clear()
    pass_by(two, keys, "node-a", "first")
    receiver.wait_for(1)
    two.start("node-b")
    two.kill("node-a")
    receiver.is_open.set()
    first, again = receiver.wait_for(2, 120)  # once its lease is over
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    pass_by(two, keys, "node-b", "second")
    receiver.wait_for(3)
    two.start("node-a")
