"""One real server with one app, which each test finds without groups; and both clients, for the same tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest

from harness.servers import Keys, Server, running_server
from tests.client.blocking import BlockingClient
from visavis_client import Client


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("client"), {"FETCH__ALLOW_PRIVATE_ADDRESSES": "true"}) as server:
        yield server


@pytest.fixture(scope="session")
def app(server: Server) -> Keys:
    return server.create_app("client")


@pytest.fixture
def keys(server: Server, app: Keys) -> Iterator[Keys]:
    yield app
    with Client(server.url, app.appKey, app.secretKey) as client:
        for group_id in list(client.groups()):
            client.delete_group(group_id)


@pytest.fixture(params=[Client, BlockingClient], ids=["synchronous", "asynchronous"])
def kind(request: pytest.FixtureRequest) -> type[Client]:
    return cast("type[Client]", request.param)


@pytest.fixture
def client(kind: type[Client], server: Server, keys: Keys) -> Iterator[Client]:
    with kind(server.url, keys.appKey, keys.secretKey) as client:
        yield client
