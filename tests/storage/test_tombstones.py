"""That there was a group of a name is remembered, until there is one again."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from harness.storage.faces import new_faces
from tests.storage.conftest import OpenStorage, only_sqlite
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import App
from visavis.storage.database.schema import tombstones
from visavis.storage.store import Storage
from visavis.types import Group


def _why_not(storage: Storage, app: App, name: str) -> ErrorCode:
    with pytest.raises(ServiceError) as caught:
        storage.gallery.require_group(app, name)
    return caught.value.code


def test_a_deleted_group_is_told_from_one_that_never_was(
    storage: Storage, app: App, group: Group, open_again: OpenStorage
) -> None:
    storage.gallery.delete_group(group)
    for opened in (storage, open_again()):
        assert _why_not(opened, app, "group") is ErrorCode.GROUP_DELETED
        assert _why_not(opened, app, "never") is ErrorCode.GROUP_NOT_FOUND


def test_a_group_of_the_same_name_takes_the_place_of_the_tombstone(
    storage: Storage, app: App, group: Group
) -> None:
    other = storage.gallery.create_group(app, "other", "sface", quota=10)
    storage.gallery.delete_group(other)
    for _ in range(3):
        storage.gallery.delete_group(group)
        assert _why_not(storage, app, "group") is ErrorCode.GROUP_DELETED
        group = storage.gallery.create_group(app, "group", "sface", quota=10)
        assert storage.gallery.require_group(app, "group") == group
    with storage.database.read() as connection:
        assert connection.scalars(select(tombstones.c.name)).all() == ["other"]


@only_sqlite
def test_a_tombstone_tells_name_and_time_and_nothing_else(
    storage: Storage, app: App, group: Group, data_dir: Path
) -> None:
    storage.gallery.add(group, new_faces(2), quota=10)
    before = datetime.now(UTC).replace(tzinfo=None)
    storage.gallery.delete_group(group)
    with closing(sqlite3.connect(data_dir / "visavis.db")) as connection:
        [(app_id, name, deleted_at, tag)] = connection.execute("SELECT * FROM tombstones").fetchall()
    assert (app_id, name, len(tag)) == (app.id, "group", 16)
    assert before <= datetime.fromisoformat(deleted_at) <= datetime.now(UTC).replace(tzinfo=None)
