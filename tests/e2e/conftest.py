"""One server for the tests that can share it; each makes an app of its own."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

from harness.servers import Server, running_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("e2e")) as server:
        yield server


@pytest.fixture(scope="session")
def selfie() -> bytes:
    return sample("ines-selfie")


def sample(name: str) -> bytes:
    """One of the pictures that ship with the package."""
    return (Path(str(resources.files("visavis"))) / "assets" / f"{name}.jpg").read_bytes()
