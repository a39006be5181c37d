"""Real servers of the product, one set a test process, started when a test first asks for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .ground import Ground
from .picture_host import PictureHost
from .scene import Scene
from .tables import DIALECTS, V2


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    ground = Ground(V2, tmp_path_factory.mktemp("contract"))
    yield ground
    ground.close()


@pytest.fixture
def scene(ground: Ground) -> Scene:
    """For what is the same in every dialect, and for tests of an operation, which brings its dialect along."""
    return ground.main


@pytest.fixture(params=DIALECTS, ids=str)
def speaker(ground: Ground, request: pytest.FixtureRequest) -> Scene:
    """The same app through each dialect in turn."""
    return ground.main.speaking(request.param)


@pytest.fixture
def host(ground: Ground) -> PictureHost:
    return ground.host
