"""One server for these tests, with its admin API on; each test makes apps of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.servers import Keys, running_server

from .client import TOKEN, AdminClient


@pytest.fixture(scope="session")
def admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdminClient]:
    with running_server(tmp_path_factory.mktemp("admin"), {"ADMIN_TOKEN": TOKEN}) as server:
        yield AdminClient(server)


@pytest.fixture
def keys(admin: AdminClient) -> Keys:
    """A new app's."""
    return admin.new_app()
