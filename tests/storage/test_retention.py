"""A face that its group has kept as long as it may is found by nobody, and deleted at the next turn."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import select, update

from harness.storage.faces import new_face, new_faces, unit_rows
from harness.storage.retagging import tag_anew
from tests.storage.clocks import Clocks
from tests.storage.conftest import OpenStorage
from visavis.core.retention import Retention
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import App
from visavis.storage.database import schema
from visavis.storage.store import Storage
from visavis.transfer.checking import check_all
from visavis.types import FaceFilter, Group, GroupSettings, NewFace

DAY = timedelta(hours=24)


def age(storage: Storage, faces: list[NewFace], by: timedelta) -> None:
    """Let these faces have been registered so much earlier."""
    with storage.database.write() as connection:
        connection.execute(
            update(schema.faces)
            .where(schema.faces.c.face_id.in_([face.face_id for face in faces]))
            .values(created_at=datetime.now(UTC) - by)
        )
    tag_anew(storage)


def rows(storage: Storage) -> set[str]:
    with storage.database.read() as connection:
        return set(connection.scalars(select(schema.faces.c.face_id)))


def found(storage: Storage, group: Group, limit: int = 100) -> set[str]:
    """By a search that is content with any similarity."""
    return {record.face_id for record, _ in storage.gallery.search(group, unit_rows(1, seed=7)[0], limit, -1.5)}


def ids(faces: list[NewFace]) -> set[str]:
    return {face.face_id for face in faces}


def keeping(storage: Storage, group: Group, hours: int) -> Group:
    return storage.gallery.change_settings(group, asdict(GroupSettings(retention_hours=hours)))


def enforce(storage: Storage) -> int:
    return Retention(storage.gallery, lambda: datetime.now(UTC)).enforce()


@pytest.fixture
def aged(storage: Storage, group: Group) -> tuple[list[NewFace], list[NewFace]]:
    """Ten faces two days old, five new ones; all in memory."""
    old, new = new_faces(10), new_faces(5, seed=1)
    storage.gallery.add(group, [*old[:5], *new, *old[5:]], quota=100)
    age(storage, old, 2 * DAY)
    assert len(found(storage, group)) == 15
    return old, new


def test_what_has_expired_is_found_by_nobody_though_it_is_still_there(
    storage: Storage, group: Group, aged: tuple[list[NewFace], list[NewFace]], open_again: OpenStorage
) -> None:
    old, new = aged
    group = keeping(storage, group, 24)
    for opened in (storage, open_again()):
        gallery = opened.gallery
        assert found(opened, group) == ids(new)
        for limit in (1, 4, 5, 6):
            assert len(found(opened, group, limit)) == min(limit, 5)
        best = gallery.search(group, old[0].embedding, 1, -1.5)
        assert best == gallery.search(group, old[0].embedding, 5, -1.5)[:1]
        listed = gallery.list_faces(group, FaceFilter(), None, 100)
        assert [face.face_id for face in listed] == [face.face_id for face in reversed(new)]
        assert gallery.list_faces(group, FaceFilter(image_id="image"), None, 100) == listed
        assert gallery.count_faces(group, FaceFilter()) == 5
        for hidden in (gallery.require_face, gallery.open_template):
            with pytest.raises(ServiceError) as caught:
                hidden(group, old[0].face_id)
            assert caught.value.code is ErrorCode.FACE_NOT_FOUND
        assert gallery.open_template(group, new[0].face_id).tobytes() == new[0].embedding.tobytes()
    assert rows(storage) == ids(old) | ids(new)


def test_what_has_expired_is_deleted_and_the_rest_stays(
    storage: Storage, app: App, group: Group, aged: tuple[list[NewFace], list[NewFace]], open_again: OpenStorage
) -> None:
    _, new = aged
    other = storage.gallery.create_group(app, "other", "sface", quota=10)
    elsewhere = new_faces(3, seed=2)
    storage.gallery.add(other, elsewhere, quota=10)
    age(storage, elsewhere, 900 * DAY)
    assert len(found(storage, group)) == 15
    memory = storage.index_cache.snapshot(group, 0).parts[0].rows
    group = keeping(storage, group, 24)
    assert enforce(storage) == 10
    assert enforce(storage) == 0
    assert rows(storage) == ids(new) | ids(elsewhere)
    assert np.count_nonzero(memory.any(axis=1)) == 5
    assert storage.gallery.require_group(app, "group").face_count == 5
    assert check_all(storage.database, storage.keys, lambda _: None) == []
    again = open_again()
    assert found(storage, group) == found(again, group) == ids(new)


def test_another_node_follows_what_was_deleted_here(
    storage: Storage, group: Group, aged: tuple[list[NewFace], list[NewFace]], open_again: OpenStorage
) -> None:
    _, new = aged
    node = open_again()
    assert len(found(node, group)) == 15
    keeping(storage, group, 24)
    assert enforce(storage) == 10
    assert enforce(node) == 0
    assert found(node, group) == ids(new)  # with the settings as they were: nothing hides what is gone


def test_more_than_a_transaction_takes_is_deleted_in_one_turn(storage: Storage, group: Group) -> None:
    faces = [new_face(row) for row in np.repeat(unit_rows(1), 1201, axis=0)]
    storage.gallery.add(group, faces, quota=2000)
    with storage.database.write() as connection:
        connection.execute(update(schema.faces).values(created_at=datetime.now(UTC) - DAY))
    tag_anew(storage)
    keeping(storage, group, 24)
    assert enforce(storage) == 1201
    assert rows(storage) == set()
    assert check_all(storage.database, storage.keys, lambda _: None) == []


def test_a_longer_retention_keeps_what_is_not_deleted_yet(
    storage: Storage, group: Group, aged: tuple[list[NewFace], list[NewFace]]
) -> None:
    old, new = aged
    short, long = keeping(storage, group, 24), keeping(storage, group, 72)
    assert found(storage, short) == ids(new)
    assert found(storage, long) == ids(old) | ids(new)
    assert enforce(storage) == 0
    keeping(storage, group, 0)
    age(storage, old, 90_000 * DAY)
    assert enforce(storage) == 0


def test_what_was_registered_out_of_order_expires_in_order(
    storage: Storage, group: Group, aged: tuple[list[NewFace], list[NewFace]]
) -> None:
    old, new = aged
    age(storage, new[2:3], -400 * DAY)  # by a clock that was wrong
    age(storage, old[3:4], DAY / 2)
    group = keeping(storage, group, 24)
    assert enforce(storage) == 9
    assert rows(storage) == found(storage, group) == ids(new) | {old[3].face_id}


def test_a_clock_that_leaps_ahead_hides_and_deletes_an_hour_later(
    storage: Storage, group: Group, aged: tuple[list[NewFace], list[NewFace]]
) -> None:
    keeping(storage, group, 24)
    clocks = Clocks()
    retention = Retention(storage.gallery, lambda: clocks.wall, lambda: clocks.seconds)
    clocks.pass_by(60, leap=7200)
    assert retention.enforce() == 0
    clocks.pass_by(3540)
    assert retention.enforce() == 0
    clocks.pass_by(60)
    assert retention.enforce() == 10


def test_a_clock_that_is_set_right_again_is_trusted_at_once(
    storage: Storage, group: Group, aged: tuple[list[NewFace], list[NewFace]]
) -> None:
    keeping(storage, group, 24)
    clocks = Clocks()
    retention = Retention(storage.gallery, lambda: clocks.wall, lambda: clocks.seconds)
    clocks.pass_by(60, leap=1e8)
    assert retention.enforce() == 0
    clocks.pass_by(60, leap=-1e8)
    assert retention.enforce() == 10


def test_a_small_correction_of_the_clock_stops_nothing(
    storage: Storage, group: Group, aged: tuple[list[NewFace], list[NewFace]]
) -> None:
    keeping(storage, group, 24)
    clocks = Clocks()
    retention = Retention(storage.gallery, lambda: clocks.wall, lambda: clocks.seconds)
    clocks.pass_by(60, leap=1800)
    assert retention.enforce() == 10


def test_a_group_that_goes_meanwhile_is_no_trouble(
    storage: Storage, app: App, group: Group, aged: tuple[list[NewFace], list[NewFace]]
) -> None:
    group = keeping(storage, group, 24)
    storage.gallery.delete_group(group)
    with pytest.raises(ServiceError) as caught:
        storage.gallery.delete_expired(group, 10)
    assert caught.value.code is ErrorCode.GROUP_NOT_FOUND
    assert enforce(storage) == 0
