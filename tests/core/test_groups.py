"""Groups of an app: made, listed, changed, brought to a newer model, deleted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.world import PLAIN, World, refused, showing
from tests.fakes.pictures import FakeFace
from visavis.errors import ErrorCode, GroupMoved, ServiceError
from visavis.identities import App
from visavis.types import Group, GroupSettings

MALFORMED = "The group id must have 1 to 255 characters from A-Z, a-z, 0-9, '_', '.' and '-'."
UNKNOWN = "There is no group with this id."


def test_a_new_group_has_the_model_of_the_server_and_the_default_settings(world: World) -> None:
    group = world.groups.create(world.app, "doors-2")
    assert group == Group(group.id, world.app.id, "doors-2", "old", 0, world.clock.now, GroupSettings())
    assert world.groups.require(world.app, "doors-2") == group


@pytest.mark.parametrize("name", ["", ".", "..", "a b", "a/b", "a" * 256, "문"])
def test_a_group_id_has_letters_digits_and_three_signs(world: World, name: str) -> None:
    said = "A group id has 1 to 255 characters from A-Z, a-z, 0-9, '_', '.' and '-'."
    with refused(ErrorCode.INVALID_GROUP_ID, said):
        world.groups.create(world.app, name)
    with refused(ErrorCode.INVALID_PARAMETER, MALFORMED, "group_id"):
        world.groups.require(world.app, name)


def test_an_app_has_one_group_of_a_name_and_no_more_than_its_quota(world: World) -> None:
    world.group("a")
    with refused(ErrorCode.DUPLICATE_GROUP, "A group with this id already exists."):
        world.group("a")
    world.group("b")
    world.group("c")
    with refused(ErrorCode.GROUP_QUOTA_EXCEEDED, "The app has 3 groups; the limit is 3."):
        world.group("d")


def test_a_page_of_groups_goes_on_where_the_one_before_ended(world: World) -> None:
    for name in ("b", "c", "a"):
        world.group(name)
    first = world.groups.page(world.app, None, 2)
    assert ([group.name for group in first.items], first.next) == (["a", "b"], "b")
    last = world.groups.page(world.app, first.next, 2)
    assert ([group.name for group in last.items], last.next) == (["c"], None)


def test_all_groups_are_read_a_page_at_a_time_in_the_order_of_their_names(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    roomy = replace(world.groups, quota=1000)
    names = [f"{number:03}" for number in range(401)]
    for name in reversed(names):
        roomy.create(world.app, name)
    asked: list[tuple[str | None, int]] = []
    list_groups = world.gallery.list_groups

    def listening(app: App, after: str | None, limit: int) -> list[Group]:
        asked.append((after, limit))
        return list_groups(app, after, limit)

    monkeypatch.setattr(world.gallery, "list_groups", listening)
    assert [group.name for group in roomy.all(world.app)] == names
    assert asked == [(None, 201), ("199", 201), ("399", 201)]


def test_settings_are_changed_one_by_one(world: World) -> None:
    world.group()
    world.groups.change_settings(world.app, "group", {"similarity": 80.0})
    changed = world.groups.change_settings(world.app, "group", {"liveness": True})
    assert changed.settings == GroupSettings(liveness=True, similarity=80.0)
    assert world.groups.require(world.app, "group") == changed


@pytest.mark.parametrize(
    ("changes", "name", "wanted"),
    [
        ({"similarity": -0.1}, "similarity", "a number from 0 to 100"),
        ({"similarity": 100.1}, "similarity", "a number from 0 to 100"),
        ({"similarity": "90"}, "similarity", "a number from 0 to 100"),
        ({"similarity": True}, "similarity", "a number from 0 to 100"),
        ({"liveness_threshold": 101}, "liveness_threshold", "a number from 0 to 100"),
        ({"min_quality": -1}, "min_quality", "a number from 0 to 100"),
        ({"min_comparability": float("nan")}, "min_comparability", "a number from 0 to 100"),
        ({"retention_hours": -1}, "retention_hours", "a whole number from 0 to 876000"),
        ({"retention_hours": 876_001}, "retention_hours", "a whole number from 0 to 876000"),
        ({"retention_hours": 1.5}, "retention_hours", "a whole number from 0 to 876000"),
        ({"liveness": 1}, "liveness", "true or false"),
        ({"liveness": None}, "liveness", "true or false"),
        ({"similarity": 50.0, "min_quality": 101.0}, "min_quality", "a number from 0 to 100"),
    ],
)
def test_a_setting_that_is_not_what_it_must_be_changes_nothing(
    world: World, changes: dict[str, object], name: str, wanted: str
) -> None:
    world.group()
    with refused(ErrorCode.INVALID_PARAMETER, f"The setting '{name}' must be {wanted}.", name):
        world.groups.change_settings(world.app, "group", changes)
    assert world.groups.require(world.app, "group").settings == GroupSettings()


@pytest.mark.parametrize("number", [0, 100, 0.0, 33.5])
def test_a_setting_may_be_all_between_its_bounds(world: World, number: float) -> None:
    world.group()
    shares = dict.fromkeys(("liveness_threshold", "similarity", "min_quality", "min_comparability"), number)
    changed = world.groups.change_settings(world.app, "group", {**shares, "retention_hours": 876_000})
    assert changed.settings == GroupSettings(
        liveness_threshold=number,
        similarity=number,
        min_quality=number,
        min_comparability=number,
        retention_hours=876_000,
    )
    assert world.groups.change_settings(world.app, "group", {"retention_hours": 0}).settings.retention_hours == 0


def test_a_setting_that_does_not_exist_is_refused_by_name(world: World) -> None:
    world.group()
    with refused(ErrorCode.INVALID_PARAMETER, "Groups have no setting 'colour'."):
        world.groups.change_settings(world.app, "group", {"similarity": 50.0, "size": 3, "colour": "red"})
    assert world.groups.require(world.app, "group").settings == GroupSettings()


def test_settings_of_a_group_that_is_not_there_cannot_be_changed(world: World) -> None:
    with refused(ErrorCode.GROUP_NOT_FOUND, UNKNOWN):
        world.groups.change_settings(world.app, "group", {"similarity": 50.0})
    with refused(ErrorCode.INVALID_PARAMETER, MALFORMED, "group_id"):
        world.groups.change_settings(world.app, "a group", {"similarity": 50.0})


def test_a_deleted_group_is_remembered_and_its_name_is_free(world: World) -> None:
    world.group()
    world.groups.delete(world.app, "group")
    with refused(ErrorCode.GROUP_DELETED, "The group with this id has been deleted."):
        world.groups.require(world.app, "group")
    assert world.group().face_count == 0


def test_a_group_is_deleted_by_its_own_app_alone(world: World) -> None:
    world.group()
    stranger = world.storage.apps.create_app("stranger", {})
    with refused(ErrorCode.GROUP_NOT_FOUND, UNKNOWN):
        world.groups.delete(stranger, "group")
    with refused(ErrorCode.INVALID_PARAMETER, MALFORMED, "group_id"):
        world.groups.delete(world.app, "a group")
    assert world.groups.require(world.app, "group")


def test_a_group_is_brought_to_the_newest_recipe_with_its_faces(world: World) -> None:
    group, told = world.group(), list[int]()
    [record] = world.register(3)
    assert world.groups.newer_model(group.model) == "new"
    moved = world.groups.upgrade(world.app, "group", progress=told.append)
    assert (moved.model, moved.face_count, told) == ("new", 1, [1])
    assert world.groups.newer_model(moved.model) is None
    found = world.search.by_image(world.app, "group", showing(FakeFace(3)), 5, 50, PLAIN)
    assert [match.face for match in found.matches] == [record]


def test_a_group_that_has_the_newest_model_stays_as_it_is(world: World) -> None:
    world.group()
    world.register(1)
    moved = world.groups.upgrade(world.app, "group")
    assert world.groups.upgrade(world.app, "group") == moved
    assert world.groups.upgrade(world.app, "group", "new") == moved


def test_a_group_is_brought_to_the_model_that_is_named(world: World) -> None:
    world.group()
    assert world.groups.upgrade(world.app, "group", "old").model == "old"
    assert world.groups.upgrade(world.app, "group", "new").model == "new"
    with refused(ErrorCode.INVALID_PARAMETER, "Nothing leads from new to old."):
        world.groups.upgrade(world.app, "group", "old")


def test_a_model_without_a_scale_is_refused(world: World) -> None:
    world.group()
    detail = "There is no recognition model 'nowhere' with a similarity scale on this server."
    with refused(ErrorCode.INVALID_PARAMETER, detail, "model"):
        world.groups.upgrade(world.app, "group", "nowhere")


def test_work_on_a_group_that_moves_meanwhile_is_done_again(world: World) -> None:
    world.group()
    seen: list[str] = []

    def work(group: Group) -> str:
        seen.append(group.model)
        if len(seen) == 1:
            world.groups.upgrade(world.app, "group")
            raise GroupMoved
        return group.name

    assert world.groups.with_group(world.app, "group", work) == "group"
    assert seen == ["old", "new"]


def test_work_that_fails_otherwise_is_not_done_again(world: World) -> None:
    world.group()
    seen: list[str] = []

    def work(group: Group) -> None:
        seen.append(group.name)
        raise ServiceError(ErrorCode.OVERLOADED, "Later.")

    with refused(ErrorCode.OVERLOADED, "Later."):
        world.groups.with_group(world.app, "group", work)
    assert seen == ["group"]
    with refused(ErrorCode.GROUP_NOT_FOUND, UNKNOWN):
        world.groups.with_group(world.app, "other", work)
