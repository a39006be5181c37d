"""What a group asks of faces is kept with it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from threading import Barrier

from harness.storage.faces import new_faces
from tests.storage.conftest import OpenStorage
from visavis.identities import App
from visavis.storage.gallery.gallery import SealedGallery
from visavis.storage.store import Storage
from visavis.types import Group, GroupSettings

STRICT = GroupSettings(
    liveness=True, liveness_threshold=72.5, similarity=95.25, min_quality=33.5, retention_hours=36
)


def test_changed_settings_are_seen_by_all_and_change_nothing_else(
    storage: Storage, app: App, group: Group, open_again: OpenStorage
) -> None:
    other = storage.gallery.create_group(app, "other", "sface", quota=10)
    storage.gallery.add(group, new_faces(2), quota=10)
    changed = storage.gallery.change_settings(group, asdict(STRICT))
    assert changed == replace(group, face_count=2, settings=STRICT)
    assert changed.settings.liveness is True
    for gallery in (storage.gallery, open_again().gallery):
        assert gallery.require_group(app, "group") == changed
        assert gallery.list_groups(app, None, 10) == [changed, other]
    faces = new_faces(1)
    storage.gallery.add(group, faces, quota=10)
    [(best, _)] = storage.gallery.search(changed, faces[0].embedding, 1, 0.9)
    assert best.face_id == faces[0].face_id
    assert storage.gallery.change_settings(changed, asdict(GroupSettings())) == replace(group, face_count=3)


def test_settings_that_two_change_at_once_do_not_undo_each_other(
    storage: Storage, app: App, group: Group, open_again: OpenStorage
) -> None:
    other = open_again()
    start = Barrier(2)

    def change(gallery: SealedGallery, name: str) -> None:
        start.wait()
        for number in range(20):
            gallery.change_settings(group, {name: float(number)})
            assert getattr(gallery.require_group(app, "group").settings, name) == number

    with ThreadPoolExecutor(2) as pool:
        mine = pool.submit(change, storage.gallery, "similarity")
        theirs = pool.submit(change, other.gallery, "min_quality")
        mine.result()
        theirs.result()
