"""A cluster that the tests of a module share, and what they do with it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import httpx
import pytest

from tests.nodes.cluster import Cluster, running_cluster
from tests.postgres import Postgres
from tests.server import Keys


@pytest.fixture(scope="module")
def cluster(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with running_cluster(tmp_path_factory.mktemp("cluster"), postgres) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def keys(cluster: Cluster) -> Keys:
    return cluster.create_app("app")


@pytest.fixture
def clients(cluster: Cluster, keys: Keys) -> Iterator[list[httpx.Client]]:
    """One for each node, in the order of their names."""
    made = [node.v2(keys) for node in cluster.nodes.values()]
    yield made
    for client in made:
        client.close()


def picture(name: str) -> bytes:
    """One of those that ship with the package."""
    return (Path(str(resources.files("visavis"))) / "assets" / f"{name}.jpg").read_bytes()


def code(answer: httpx.Response) -> int:
    return int(answer.json()["header"]["resultCode"])


def register(client: httpx.Client, group: str, name: str = "ines-small") -> httpx.Response:
    return client.post(
        f"/groups/{group}/faces",
        files={"imageFile": picture(name)},
        data={"limit": "1", "orientation": "false", "mask": "false"},
    )


def face_id(answer: httpx.Response) -> str:
    assert code(answer) == 0, answer.text
    return str(answer.json()["data"]["addedFaces"][0]["faceId"])


def neighbours(client: httpx.Client, group: str, face: str) -> set[str]:
    """The ids of the faces that match a stored one: a search that needs no picture."""
    answer = client.get(f"/groups/{group}/faces/{face}/search", params={"limit": 100, "threshold": 1})
    assert code(answer) == 0, answer.text
    return {match["face"]["faceId"] for match in answer.json()["data"]["matchFaces"]}
