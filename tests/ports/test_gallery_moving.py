"""A group moves to another model of the same networks: all of it or nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.storage.recipes import NEW, OLD, OTHER, embedded, faces_by
from tests.ports.stores import Stores
from visavis.errors import ErrorCode, GroupMoved, ServiceError
from visavis.identities import App
from visavis.types import Embedding, FaceFilter, Group


@pytest.fixture
def group(storage: Stores, app: App) -> Group:
    return storage.gallery.create_group(app, "group", OLD.name, quota=10)


def move(storage: Stores, group: Group, model: str = NEW.name) -> Group:
    return storage.gallery.change_model(group, model, lambda _: None)


def best(storage: Stores, group: Group, probe: Embedding) -> str:
    """The id of the face that is found first, which must be that of the probe."""
    [(face, cosine)] = storage.gallery.search(group, probe, 1, -1.0)
    assert cosine > 0.9999
    return face.face_id


def test_every_face_is_what_a_new_registration_would_have_made(storage: Stores, app: App, group: Group) -> None:
    faces, told = faces_by(OLD, 5), list[int]()
    storage.gallery.add(group, faces, 10)
    before = storage.gallery.list_faces(group, FaceFilter(), None, 10)
    moved = storage.gallery.change_model(group, NEW.name, told.append)
    assert moved == replace(group, model=NEW.name, face_count=5)
    assert storage.gallery.require_group(app, "group") == moved
    assert sum(told) == 5
    assert storage.gallery.list_faces(moved, FaceFilter(), None, 10) == before
    for face, wanted in zip(faces, embedded(NEW, 5), strict=True):
        assert storage.gallery.open_template(moved, face.face_id) @ wanted > 0.9999
        assert best(storage, moved, wanted) == face.face_id


def test_who_comes_with_the_old_model_is_sent_back(storage: Stores, group: Group) -> None:
    [face] = faces_by(OLD, 1)
    storage.gallery.add(group, [face], 10)
    move(storage, group)
    with pytest.raises(GroupMoved):
        storage.gallery.search(group, face.embedding, 1, -1.0)
    with pytest.raises(GroupMoved):
        storage.gallery.open_template(group, face.face_id)
    with pytest.raises(ServiceError) as refused:
        storage.gallery.open_template(group, "nobody")
    assert refused.value.code is ErrorCode.FACE_NOT_FOUND


def test_faces_that_arrive_with_the_old_model_are_converted_before_they_are_stored(
    storage: Stores, group: Group
) -> None:
    moved = move(storage, group)
    late = faces_by(OLD, 2, seed=1)
    storage.gallery.add(group, late[:1], 10)
    storage.gallery.add_unless_there(group, [replace(late[1], fingerprint=b"fingerprint")], 10)
    for face, wanted in zip(late, embedded(NEW, 2, seed=1), strict=True):
        assert best(storage, moved, wanted) == face.face_id


def test_a_group_that_has_the_model_already_stays_as_it_is(storage: Stores, group: Group) -> None:
    storage.gallery.add(group, faces_by(OLD, 3), 10)
    assert move(storage, group, OLD.name) == replace(group, face_count=3)


@pytest.mark.parametrize("model", [OTHER.name, "nowhere"])
def test_a_model_that_nothing_leads_to_is_refused_and_nothing_changes(
    storage: Stores, app: App, group: Group, model: str
) -> None:
    faces = faces_by(OLD, 3)
    storage.gallery.add(group, faces, 10)
    with pytest.raises(ServiceError) as refused:
        move(storage, group, model)
    assert refused.value.code is ErrorCode.INVALID_PARAMETER
    assert storage.gallery.require_group(app, "group").model == OLD.name
    assert best(storage, group, faces[1].embedding) == faces[1].face_id


def test_a_group_without_faces_moves_too(storage: Stores, app: App, group: Group) -> None:
    moved = move(storage, group)
    late = faces_by(NEW, 1)
    storage.gallery.add(moved, late, 10)
    assert best(storage, moved, late[0].embedding) == late[0].face_id


def test_a_group_that_was_deleted_does_not_move(storage: Stores, group: Group) -> None:
    storage.gallery.delete_group(group)
    with pytest.raises(ServiceError) as refused:
        move(storage, group)
    assert refused.value.code is ErrorCode.GROUP_NOT_FOUND


def test_pictures_that_were_imported_before_are_known_after(storage: Stores, group: Group) -> None:
    fingerprint = storage.gallery.fingerprinter(group)(b"picture")
    storage.gallery.add(group, [replace(faces_by(OLD, 1)[0], fingerprint=fingerprint)], 10)
    moved = move(storage, group)
    for handle in (group, moved):
        assert storage.gallery.fingerprinter(handle)(b"picture") == fingerprint
    assert storage.gallery.fingerprints(moved) == {fingerprint}
