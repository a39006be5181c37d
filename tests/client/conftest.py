"""One real server, and an app of its own for each test."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from harness.servers import Keys, Server, running_server
from visavis_client import Client

_numbers = itertools.count()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("client"), {"FETCH__ALLOW_PRIVATE_ADDRESSES": "true"}) as server:
        yield server


@pytest.fixture
def keys(server: Server) -> Keys:
    return server.create_app(f"client-{next(_numbers)}")


@pytest.fixture
def client(server: Server, keys: Keys) -> Iterator[Client]:
    with Client(server.url, keys.appKey, keys.secretKey) as client:
        yield client
