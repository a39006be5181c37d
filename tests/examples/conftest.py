"""A server with a group in which Ines is registered, and the environment that the examples read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

from harness.servers import Keys, Server, running_server
from visavis_client import Client

ROOT = Path(__file__).parents[2]


def sample(name: str) -> Path:
    """One of the pictures that ship with the package."""
    return Path(str(resources.files("visavis"))) / "assets" / f"{name}.jpg"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("examples")) as server:
        yield server


@pytest.fixture
def keys(server: Server, request: pytest.FixtureRequest) -> Keys:
    return server.create_app(request.node.name[:100])


@pytest.fixture
def client(server: Server, keys: Keys) -> Iterator[Client]:
    with Client(server.url, keys.appKey, keys.secretKey) as client:
        client.create_group("staff")
        client.register("staff", sample("ines-portrait"), external_image_id="ines")
        yield client


@pytest.fixture
def environment(server: Server, keys: Keys, client: Client) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return inherited | {
        "VISAVIS_URL": server.url,
        "VISAVIS_APP_KEY": keys.appKey,
        "VISAVIS_SECRET_KEY": keys.secretKey,
        "VISAVIS_GROUP": "staff",
    }
