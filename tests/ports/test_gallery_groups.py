"""The gallery's groups: made, listed, counted, deleted."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace

import pytest

from harness.storage.faces import new_faces, unit_rows
from tests.ports.stores import Stores
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import App
from visavis.types import FaceFilter, Group, GroupSettings

STRICT = GroupSettings(
    liveness=True, liveness_threshold=72.5, similarity=95.25, min_quality=33.5, retention_hours=36
)


def test_a_group_is_found_by_its_name_in_its_app_only(storage: Stores, app: App, group: Group) -> None:
    other = storage.apps.create_app("other", {})
    assert storage.gallery.require_group(app, "group") == group
    with pytest.raises(ServiceError) as caught:
        storage.gallery.require_group(other, "group")
    assert caught.value.code is ErrorCode.GROUP_NOT_FOUND
    assert storage.gallery.create_group(other, "group", "sface", quota=1).id != group.id


def test_a_group_tells_how_many_faces_it_has(storage: Stores, app: App, group: Group) -> None:
    storage.gallery.add(group, new_faces(3), quota=10)
    storage.gallery.delete_face(group, storage.gallery.list_faces(group, FaceFilter(), None, 1)[0].face_id)
    assert storage.gallery.require_group(app, "group").face_count == 2


def test_a_name_is_taken_once(storage: Stores, app: App, group: Group) -> None:
    with pytest.raises(ServiceError) as caught:
        storage.gallery.create_group(app, "group", "sface", quota=1)
    assert caught.value.code is ErrorCode.DUPLICATE_GROUP


def test_the_group_quota_is_exact_under_concurrency(storage: Stores, app: App) -> None:
    def create(number: int) -> ErrorCode | None:
        try:
            storage.gallery.create_group(app, f"g{number}", "sface", quota=7)
        except ServiceError as error:
            return error.code
        return None

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(create, range(20)))
    assert outcomes.count(None) == 7
    assert outcomes.count(ErrorCode.GROUP_QUOTA_EXCEEDED) == 13
    assert len(storage.gallery.list_groups(app, None, 100)) == 7


def test_a_deleted_group_makes_room_for_another(storage: Stores, app: App, group: Group) -> None:
    storage.gallery.delete_group(group)
    storage.gallery.create_group(app, "next", "sface", quota=1)


def test_groups_are_listed_by_name_page_by_page(storage: Stores, app: App) -> None:
    names = ["b", "a-1", "a", "a1", "c", "0", "a--"]
    for name in names:
        storage.gallery.create_group(app, name, "sface", quota=10)
    listed: list[str] = []
    while page := storage.gallery.list_groups(app, listed[-1] if listed else None, limit=2):
        assert len(page) <= 2
        listed += [group.name for group in page]
    assert listed == sorted(names)


def test_a_deleted_group_is_gone_for_every_call(storage: Stores, app: App, group: Group) -> None:
    gallery = storage.gallery
    gallery.add(group, new_faces(3), quota=10)
    gallery.search(group, unit_rows(1)[0], 1, -1.0)
    gallery.delete_group(group)
    calls: list[Callable[[], object]] = [
        lambda: gallery.change_settings(group, asdict(GroupSettings())),
        lambda: gallery.delete_group(group),
        lambda: gallery.add(group, new_faces(1), quota=10),
        lambda: gallery.delete_face(group, "face"),
        lambda: gallery.list_faces(group, FaceFilter(), None, 10),
        lambda: gallery.count_faces(group, FaceFilter()),
        lambda: gallery.require_face(group, "face"),
        lambda: gallery.open_template(group, "face"),
        lambda: gallery.search(group, unit_rows(1)[0], 1, -1.0),
    ]
    for call in calls:
        with pytest.raises(ServiceError) as caught:
            call()
        assert caught.value.code is ErrorCode.GROUP_NOT_FOUND


def test_a_group_made_again_under_the_same_name_is_another(storage: Stores, app: App, group: Group) -> None:
    rows = unit_rows(2)
    old = new_faces(5)
    storage.gallery.add(group, old, quota=10)
    storage.gallery.search(group, rows[0], 5, -1.5)
    storage.gallery.delete_group(group)
    again = storage.gallery.create_group(app, "group", "sface", quota=10)
    assert again.id != group.id
    assert storage.gallery.search(again, rows[0], 5, -1.5) == []
    new = storage.gallery.add(again, new_faces(1, seed=1), quota=10)
    assert [face for face, _ in storage.gallery.search(again, rows[0], 5, -1.5)] == new
    with pytest.raises(ServiceError) as caught:
        storage.gallery.search(group, rows[0], 5, -1.5)
    assert caught.value.code is ErrorCode.GROUP_NOT_FOUND


def test_a_group_cannot_be_made_for_an_app_that_was_deleted(storage: Stores, app: App) -> None:
    storage.apps.delete_app(app)
    with pytest.raises(ServiceError) as caught:
        storage.gallery.create_group(app, "group", "sface", quota=1)
    assert caught.value.code is ErrorCode.UNAUTHORIZED


def _why_not(storage: Stores, app: App, name: str) -> ErrorCode:
    with pytest.raises(ServiceError) as caught:
        storage.gallery.require_group(app, name)
    return caught.value.code


def test_a_tombstone_belongs_to_its_app(storage: Stores, group: Group) -> None:
    other = storage.apps.create_app("other", {})
    storage.gallery.delete_group(group)
    assert _why_not(storage, other, "group") is ErrorCode.GROUP_NOT_FOUND


def test_a_group_that_could_not_be_made_leaves_the_tombstone(storage: Stores, app: App, group: Group) -> None:
    storage.gallery.delete_group(group)
    with pytest.raises(ServiceError):
        storage.gallery.create_group(app, "group", "sface", quota=0)
    assert _why_not(storage, app, "group") is ErrorCode.GROUP_DELETED


def test_deleting_what_is_gone_does_not_touch_its_successor(storage: Stores, app: App, group: Group) -> None:
    storage.gallery.delete_group(group)
    again = storage.gallery.create_group(app, "group", "sface", quota=10)
    with pytest.raises(ServiceError) as caught:
        storage.gallery.delete_group(group)
    assert caught.value.code is ErrorCode.GROUP_NOT_FOUND
    assert storage.gallery.require_group(app, "group") == again


def test_a_new_app_inherits_no_tombstones(storage: Stores, app: App, group: Group) -> None:
    storage.gallery.delete_group(group)
    storage.apps.delete_app(app)
    again = storage.apps.create_app("app", {})
    assert _why_not(storage, again, "group") is ErrorCode.GROUP_NOT_FOUND


def test_a_new_group_has_the_default_settings(storage: Stores, app: App, group: Group) -> None:
    assert group.settings == GroupSettings()
    assert storage.gallery.require_group(app, "group").settings == GroupSettings()


def test_a_group_made_again_has_the_default_settings(storage: Stores, app: App, group: Group) -> None:
    storage.gallery.change_settings(group, asdict(STRICT))
    storage.gallery.delete_group(group)
    assert storage.gallery.create_group(app, "group", "sface", quota=10).settings == GroupSettings()


def test_settings_that_are_changed_leave_the_others_alone(storage: Stores, app: App, group: Group) -> None:
    storage.gallery.add(group, new_faces(2), quota=10)
    assert storage.gallery.change_settings(group, {}) == replace(group, face_count=2)
    storage.gallery.change_settings(group, {"liveness": True, "similarity": 80.0})
    changed = storage.gallery.change_settings(group, {"similarity": 70.5, "retention_hours": 9000})
    settings = GroupSettings(liveness=True, similarity=70.5, retention_hours=9000)
    assert changed == replace(group, face_count=2, settings=settings)
    assert storage.gallery.list_groups(app, None, 10) == [changed]
    assert storage.gallery.require_group(app, "group") == changed
    assert storage.gallery.groups_with_retention() == [changed]
    assert storage.gallery.change_settings(group, {"retention_hours": 0}).settings.retention_hours == 0
    assert storage.gallery.groups_with_retention() == []


def test_a_quota_of_groups_counts_those_of_the_app_alone(storage: Stores, app: App, group: Group) -> None:
    other = storage.apps.create_app("other", {})
    storage.gallery.create_group(other, "a", "sface", quota=1)
    with pytest.raises(ServiceError) as caught:
        storage.gallery.create_group(app, "second", "sface", quota=1)
    assert caught.value.code is ErrorCode.GROUP_QUOTA_EXCEEDED
    assert caught.value.detail == "The app has 1 groups; the limit is 1."
