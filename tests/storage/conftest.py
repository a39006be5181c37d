"""A real data directory for every test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeAlias

import pytest

from visavis.storage.store import Storage, open_storage
from visavis.types import App, Group

OpenStorage: TypeAlias = Callable[[], Storage]


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def open_again(data_dir: Path) -> Iterator[OpenStorage]:
    """Opens the data directory once more, as another process would; closed after the test."""
    with ExitStack() as stack:

        def opened() -> Storage:
            storage = open_storage(data_dir)
            stack.callback(storage.close)
            return storage

        yield opened


@pytest.fixture
def storage(open_again: OpenStorage) -> Storage:
    return open_again()


@pytest.fixture
def app(storage: Storage) -> App:
    return storage.apps.create_app("app", {})


@pytest.fixture
def group(storage: Storage, app: App) -> Group:
    return storage.gallery.create_group(app, "group", "sface", quota=10)
