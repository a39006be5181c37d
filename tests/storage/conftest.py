"""Real storage for every test: once in a SQLite file, once in a PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

import pytest

from harness.storage.blank import Blanks
from harness.storage.faces import new_face, unit_rows
from harness.storage.place import Place
from visavis.identities import App, KeyKind
from visavis.storage.apps import KeyedApps
from visavis.storage.store import Storage
from visavis.types import Group, GroupSettings

OpenStorage: TypeAlias = Callable[[], Storage]


@pytest.fixture(scope="session", autouse=True)
def small_groups_take_both_ways() -> Iterator[None]:
    """Let small groups be searched by codes too, as only large ones are otherwise."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("visavis.index.vector_index._FEW_ROWS", 8)
        yield


only_sqlite = pytest.mark.parametrize("place", ["sqlite"], indirect=True)
"""For tests that look into the database's file."""


def owner(apps: KeyedApps, kind: KeyKind, key: str, now: datetime) -> App | None:
    """The app that the key is good for."""
    [caller] = apps.callers({kind: key}, now)
    return None if caller is None else caller.app


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def place(request: pytest.FixtureRequest, blanks: Blanks, data_dir: Path) -> Place:
    """A new database that has the schema and no records."""
    if request.param == "sqlite":
        return blanks.on_sqlite(data_dir)
    return blanks.on_postgres(data_dir, request.getfixturevalue("postgres"))


@pytest.fixture
def open_again(place: Place) -> Iterator[OpenStorage]:
    """Opens the storage once more, as another process would; closed after the test."""
    with ExitStack() as stack:

        def opened() -> Storage:
            storage = place.open()
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


@pytest.fixture
def other(storage: Storage) -> App:
    return storage.apps.create_app("other", {})


@pytest.fixture
def filled(storage: Storage, group: Group) -> Group:
    """300 faces and settings: several chunks."""
    settings = GroupSettings(liveness=True, liveness_threshold=40, similarity=95, min_quality=30)
    faces = [
        new_face(row, image_id=f"image-{number // 2}", external_image_id=f"p{number}" if number % 3 else None)
        for number, row in enumerate(unit_rows(300))
    ]
    storage.gallery.add(group, faces, 1000)
    storage.gallery.delete_face(group, faces[7].face_id)
    return storage.gallery.change_settings(group, asdict(settings))
