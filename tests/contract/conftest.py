"""Real servers of the product, one set a test process, started when a test first asks for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .ground import Ground
from .picture_host import PictureHost
from .scene import Scene
from .tables import dialect


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    ground = Ground(dialect("v2"), tmp_path_factory.mktemp("contract"))
    yield ground
    ground.close()


@pytest.fixture
def scene(ground: Ground) -> Scene:
    return ground.main


@pytest.fixture
def host(ground: Ground) -> PictureHost:
    return ground.host
