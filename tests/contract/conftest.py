"""Real servers of the product, one set a test process, started when a test first asks for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .picture_host import PictureHost
from .servers import Servers
from .session import Session
from .tables import DIALECTS, V2


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    servers = Servers(V2, tmp_path_factory.mktemp("contract"))
    yield servers
    servers.close()


@pytest.fixture
def session(servers: Servers) -> Session:
    """For what is the same in every dialect, and for tests of an operation, which brings its dialect along."""
    return servers.main


@pytest.fixture(params=DIALECTS, ids=str)
def speaker(servers: Servers, request: pytest.FixtureRequest) -> Session:
    """The same app through each dialect in turn."""
    return servers.main.speaking(request.param)


@pytest.fixture
def host(servers: Servers) -> PictureHost:
    return servers.host
