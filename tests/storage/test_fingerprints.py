"""A picture that was imported is stored once, under a hash that means nothing elsewhere."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from harness.storage.faces import new_faces
from tests.storage.conftest import OpenStorage
from visavis.identities import App
from visavis.storage.store import Storage
from visavis.types import FaceFilter, Group, NewFace


def picture(content: bytes, storage: Storage, group: Group, faces: int = 1, seed: int = 0) -> list[NewFace]:
    """The faces of a picture file of this content."""
    fingerprint = storage.gallery.fingerprinter(group)(content)
    return [replace(face, fingerprint=fingerprint) for face in new_faces(faces, seed=seed)]


def stored(storage: Storage, group: Group) -> list[str]:
    return [face.face_id for face in storage.gallery.list_faces(group, FaceFilter(), None, 100)][::-1]


def test_many_that_import_a_picture_at_once_add_it_once(
    storage: Storage, group: Group, open_again: OpenStorage
) -> None:
    storages = [storage, *(open_again() for _ in range(3))]
    with ThreadPoolExecutor(4) as pool:
        added = pool.map(
            lambda each: each.gallery.add_unless_there(group, picture(b"one", each, group), 10)[0], storages
        )
    assert sorted(map(len, added)) == [0, 0, 0, 1]
    assert len(stored(storage, group)) == 1


def test_a_fingerprint_is_the_same_for_the_same_file_and_group_alone(
    storage: Storage, app: App, group: Group, open_again: OpenStorage
) -> None:
    other = storage.gallery.create_group(app, "other", "sface", quota=10)
    mine, theirs = storage.gallery.fingerprinter(group), storage.gallery.fingerprinter(other)
    assert mine(b"one") == open_again().gallery.fingerprinter(group)(b"one")
    assert len({mine(b"one"), mine(b"two"), theirs(b"one")}) == 3
    storage.gallery.delete_group(group)
    again = storage.gallery.create_group(app, "group", "sface", quota=10)
    assert storage.gallery.fingerprinter(again)(b"one") != mine(b"one")
