"""One server for requests that hostile clients send, with little patience."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.servers import Server, running_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"EDGE__HEAD_SECONDS": "2", "EDGE__BODY_PAUSE_SECONDS": "2"}
    with running_server(tmp_path_factory.mktemp("front"), settings) as server:
        yield server
