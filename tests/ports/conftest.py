"""Each port twice: as the product implements it, and as the tests of core have it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

import pytest
from sqlalchemy import update

from harness.postgres import Postgres
from harness.storage.place import Place
from harness.storage.recipes import CONVERSIONS
from harness.storage.retagging import tag_anew
from tests.fakes.storage import FakeStorage, fake_storage
from tests.ports.stores import Stores
from visavis.identities import App
from visavis.storage.database import schema
from visavis.storage.store import Storage
from visavis.types import Group

OpenStores: TypeAlias = "FakeStorage | Storage"


@pytest.fixture(params=["fake", "sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    """Stores with nothing in them."""
    if request.param == "fake":
        yield fake_storage(conversions=CONVERSIONS)
        return
    url = None
    if request.param == "postgresql":
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.new_database()
    storage = Place(tmp_path / "data", url).open()
    yield storage
    storage.close()


@pytest.fixture
def app(storage: Stores) -> App:
    return storage.apps.create_app("app", {})


@pytest.fixture
def group(storage: Stores, app: App) -> Group:
    return storage.gallery.create_group(app, "group", "sface", quota=10)


def let_age(storage: Stores, face_ids: list[str], by: timedelta) -> None:
    """Let these faces have been registered so much earlier: no port can do that."""
    registered = datetime.now(UTC) - by
    if isinstance(storage, FakeStorage):
        storage.gallery.backdate(face_ids, registered)
        return
    assert isinstance(storage, Storage)
    here = schema.faces.c.face_id.in_(face_ids)
    with storage.database.write() as connection:
        connection.execute(update(schema.faces).where(here).values(created_at=registered))
    tag_anew(storage)
