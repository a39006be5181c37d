"""One server for these tests, with its admin API on; each test makes apps of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.servers import Keys, running_server
from tests.admin.office import TOKEN, Office


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with running_server(tmp_path_factory.mktemp("audit"), {"ADMIN_TOKEN": TOKEN}) as server:
        yield Office(server)


@pytest.fixture
def keys(office: Office) -> Keys:
    """A new app's."""
    return office.new_app()
