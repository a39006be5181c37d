"""Each port twice: as the product implements it, and as the tests of core have it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

import pytest
from sqlalchemy import select, update

from harness.storage.blank import Blanks
from harness.storage.recipes import CONVERSIONS
from harness.storage.retagging import tag_anew
from tests.fakes.storage import FakeStorage, fake_storage
from tests.ports.stores import Stores
from visavis.audit_events import AuditFilter
from visavis.identities import App
from visavis.storage.database import schema
from visavis.storage.store import Storage
from visavis.types import Group

OpenStores: TypeAlias = "FakeStorage | Storage"


@pytest.fixture(params=["fake", "sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def storage(request: pytest.FixtureRequest, blanks: Blanks, tmp_path: Path) -> Iterator[Stores]:
    """Stores with nothing in them."""
    if request.param == "fake":
        yield fake_storage(conversions=CONVERSIONS)
        return
    data_dir = tmp_path / "data"
    if request.param == "sqlite":
        place = blanks.on_sqlite(data_dir)
    else:
        place = blanks.on_postgres(data_dir, request.getfixturevalue("postgres"))
    storage = place.open()
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


def let_events_age(storage: Stores, by: timedelta) -> None:
    """Let all recognition events have happened so much earlier: no port can do that."""
    if isinstance(storage, FakeStorage):
        storage.recognition_events.let_age(by)
        return
    assert isinstance(storage, Storage)
    events = schema.recognition_events
    with storage.database.write() as connection:
        for row in connection.execute(select(events)).mappings().all():
            new = {**row, "at": row["at"] - by}
            new["tag"] = storage.keys.proofs.tags.make(events, new)
            connection.execute(update(events).where(events.c.id == row["id"]).values(new))


def operations(storage: Stores) -> list[str]:
    """What the audit log has on record, oldest first."""
    return [record.event.operation for record in storage.audit.page(AuditFilter(), None, 100)][::-1]
