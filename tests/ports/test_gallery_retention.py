"""A face that its group has kept as long as it may is found by nobody, and deleted when somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from harness.storage.faces import new_faces, unit_rows
from tests.ports.conftest import let_age
from tests.ports.stores import Stores
from visavis.errors import ErrorCode, ServiceError
from visavis.types import FaceFilter, Group, NewFace

EVERY = FaceFilter()
DAY = timedelta(hours=24)


@pytest.fixture
def old(storage: Stores, group: Group) -> list[NewFace]:
    """Three faces that are two days old, before two that are new."""
    faces = new_faces(3)
    storage.gallery.add(group, [*faces, *new_faces(2, seed=1)], quota=100)
    let_age(storage, [face.face_id for face in faces], 2 * DAY)
    return faces


def keeping(storage: Stores, group: Group, hours: int) -> Group:
    return storage.gallery.change_settings(group, {"retention_hours": hours})


def found(storage: Stores, group: Group, limit: int = 100) -> set[str]:
    """By a search that is content with any similarity."""
    return {record.face_id for record, _ in storage.gallery.search(group, unit_rows(1, seed=7)[0], limit, -1.5)}


def listed(storage: Stores, group: Group) -> set[str]:
    return {record.face_id for record in storage.gallery.list_faces(group, EVERY, None, 100)}


def test_what_has_expired_is_hidden_from_who_knows_the_settings(
    storage: Stores, group: Group, old: list[NewFace]
) -> None:
    kept = keeping(storage, group, 24)
    there = listed(storage, kept)
    assert len(there) == storage.gallery.count_faces(kept, EVERY) == 2
    assert found(storage, kept) == there
    assert [len(found(storage, kept, limit)) for limit in (1, 2, 3)] == [1, 2, 2]
    for hidden in (storage.gallery.require_face, storage.gallery.open_template):
        with pytest.raises(ServiceError) as caught:
            hidden(kept, old[0].face_id)
        assert caught.value.code is ErrorCode.FACE_NOT_FOUND
    assert len(listed(storage, keeping(storage, group, 72))) == 5


def test_what_has_expired_is_deleted_oldest_first(storage: Stores, group: Group, old: list[NewFace]) -> None:
    let_age(storage, [old[1].face_id], 9 * DAY)
    keeping(storage, group, 24)
    assert storage.gallery.delete_expired(group, 1) == 1
    assert {old[0].face_id, old[2].face_id} == listed(storage, group) & {face.face_id for face in old}
    assert storage.gallery.delete_expired(group, 100) == 2
    assert storage.gallery.delete_expired(group, 100) == 0
    assert len(listed(storage, group)) == 2


def test_nothing_expires_in_a_group_without_retention(storage: Stores, group: Group, old: list[NewFace]) -> None:
    assert storage.gallery.delete_expired(group, 100) == 0
    assert len(listed(storage, group)) == 5


def test_an_import_whose_faces_have_expired_is_not_there(storage: Stores, group: Group) -> None:
    fingerprint = storage.gallery.fingerprinter(group)(b"picture")
    [face] = new_faces(1)
    marked = NewFace(face.face_id, "image", None, face.box, 0.9, face.embedding, fingerprint)
    storage.gallery.add(group, [marked], quota=10)
    let_age(storage, [face.face_id], 2 * DAY)
    kept = keeping(storage, group, 24)
    assert storage.gallery.fingerprints(group) == {fingerprint}
    assert storage.gallery.fingerprints(kept) == set()


def test_a_group_that_is_gone_has_nothing_that_expires(storage: Stores, group: Group, old: list[NewFace]) -> None:
    kept = keeping(storage, group, 24)
    storage.gallery.delete_group(kept)
    calls: list[Callable[[], object]] = [
        lambda: storage.gallery.delete_expired(kept, 10),
        lambda: storage.gallery.change_settings(kept, {}),
    ]
    for call in calls:
        with pytest.raises(ServiceError) as caught:
            call()
        assert caught.value.code is ErrorCode.GROUP_NOT_FOUND
