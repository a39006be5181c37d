"""One server, and an app with a group whose id is `staff`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.servers import Keys, Server, running_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("shapes")) as server:
        yield server


@pytest.fixture(scope="session")
def keys(server: Server) -> Keys:
    keys = server.create_app("shapes")
    with server.v2(keys) as client:
        assert client.post("/groups", json={"groupId": "staff"}).json()["header"]["isSuccessful"]
    return keys
