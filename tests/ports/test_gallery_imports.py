"""A picture that was imported is stored once, under a hash that means nothing elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from harness.storage.faces import new_faces
from tests.ports.stores import Stores
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import App
from visavis.types import FaceFilter, Group, NewFace


def picture(content: bytes, storage: Stores, group: Group, faces: int = 1, seed: int = 0) -> list[NewFace]:
    """The faces of a picture file of this content."""
    fingerprint = storage.gallery.fingerprinter(group)(content)
    return [replace(face, fingerprint=fingerprint) for face in new_faces(faces, seed=seed)]


def stored(storage: Stores, group: Group) -> list[str]:
    return [face.face_id for face in storage.gallery.list_faces(group, FaceFilter(), None, 100)][::-1]


def ids(faces: Sequence[NewFace]) -> list[str]:
    return [face.face_id for face in faces]


def test_the_faces_of_a_picture_are_added_once(storage: Stores, group: Group) -> None:
    first, second = (picture(b"one", storage, group, 2, seed) for seed in (0, 1))
    other = picture(b"two", storage, group)
    records, there = storage.gallery.add_unless_there(group, first, 10)
    assert ([record.face_id for record in records], there) == (ids(first), set())
    records, there = storage.gallery.add_unless_there(group, [*second, *other], 10)
    assert ([record.face_id for record in records], there) == (ids(other), {first[0].fingerprint})
    assert stored(storage, group) == ids([*first, *other])
    assert storage.gallery.require_group(app_of(group), "group").face_count == 3


def app_of(group: Group) -> App:
    return App(group.app_id, "app", group.created_at)


def test_a_picture_whose_faces_were_deleted_can_be_added_again(storage: Stores, group: Group) -> None:
    [face] = picture(b"one", storage, group)
    storage.gallery.add_unless_there(group, [face], 10)
    assert storage.gallery.fingerprints(group) == {face.fingerprint}
    storage.gallery.delete_face(group, face.face_id)
    assert storage.gallery.fingerprints(group) == set()
    again = picture(b"one", storage, group)
    assert storage.gallery.add_unless_there(group, again, 10)[1] == set()
    assert stored(storage, group) == ids(again)


def test_pictures_are_stored_whole_as_the_quota_leaves_room(storage: Stores, group: Group) -> None:
    one, three = picture(b"one", storage, group), picture(b"three", storage, group, 3)
    records, there = storage.gallery.add_unless_there(group, [*one, *three], 3)
    assert ([record.face_id for record in records], there) == (ids(one), set())
    assert storage.gallery.add_unless_there(group, three, 4)[1] == set()
    assert stored(storage, group) == ids([*one, *three])
    assert storage.gallery.add_unless_there(group, picture(b"more", storage, group), 4) == ([], set())


def test_faces_that_were_registered_have_no_fingerprint(storage: Stores, group: Group) -> None:
    storage.gallery.add(group, new_faces(2), 10)
    assert storage.gallery.fingerprints(group) == set()


def test_nothing_is_added_to_a_group_that_is_gone(storage: Stores, group: Group) -> None:
    faces = picture(b"one", storage, group)
    storage.gallery.delete_group(group)
    for call in (
        lambda: storage.gallery.add_unless_there(group, faces, 10),
        lambda: storage.gallery.fingerprinter(group),
    ):
        with pytest.raises(ServiceError) as caught:
            call()
        assert caught.value.code is ErrorCode.GROUP_NOT_FOUND


def test_a_fingerprint_is_the_same_for_the_same_file_and_group_alone(
    storage: Stores, app: App, group: Group
) -> None:
    other = storage.gallery.create_group(app, "other", "sface", quota=10)
    mine, theirs = storage.gallery.fingerprinter(group), storage.gallery.fingerprinter(other)
    assert mine(b"one") == storage.gallery.fingerprinter(group)(b"one")
    assert len({mine(b"one"), mine(b"two"), theirs(b"one")}) == 3
    storage.gallery.delete_group(group)
    again = storage.gallery.create_group(app, "group", "sface", quota=10)
    assert storage.gallery.fingerprinter(again)(b"one") != mine(b"one")
