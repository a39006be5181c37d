"""Faces that their groups have kept as long as they may are deleted."""

from __future__ import annotations

import logging

import pytest

from tests.core.world import World
from visavis.core.retention import Retention
from visavis.errors import ErrorCode, ServiceError
from visavis.types import Group


@pytest.fixture
def retention(world: World) -> Retention:
    return Retention(world.gallery, world.clock, world.clock.seconds)


def test_what_has_expired_is_deleted_in_every_group_and_told(
    world: World, retention: Retention, caplog: pytest.LogCaptureFixture
) -> None:
    day = world.group("day", retention_hours=24)
    week = world.group("week", retention_hours=168)
    world.group("forever")
    for name in ("day", "week", "forever"):
        world.register(1, 2, group=name)
    world.clock.pass_by(hours=24, seconds=-1)
    assert retention.enforce() == 0
    world.register(3, group="day")
    world.clock.pass_by(1)
    with caplog.at_level(logging.INFO, "visavis.core.retention"):
        assert retention.enforce() == 2
    assert caplog.messages == [f"Deleted 2 faces of group number {day.id}, kept for 24 hours."]
    assert [len(world.stored(name)) for name in ("day", "week", "forever")] == [1, 2, 2]
    world.clock.pass_by(hours=144)
    with caplog.at_level(logging.INFO, "visavis.core.retention"):
        assert retention.enforce() == 3
    assert [len(world.stored(name)) for name in ("day", "week", "forever")] == [0, 0, 2]
    assert f"Deleted 2 faces of group number {week.id}, kept for 168 hours." in caplog.messages


def test_a_turn_goes_on_until_nothing_is_left(
    world: World, retention: Retention, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.group(retention_hours=1)
    world.register(1, 2, 3, 4)
    world.clock.pass_by(hours=1)
    asked: list[int] = []
    delete_expired = world.gallery.delete_expired

    def two_at_most(group: Group, limit: int) -> int:
        asked.append(limit)
        return delete_expired(group, 2)

    monkeypatch.setattr(world.gallery, "delete_expired", two_at_most)
    assert retention.enforce() == 4
    assert asked == [500] * 3


def test_a_clock_that_leaps_ahead_deletes_nothing_for_an_hour(
    world: World, retention: Retention, caplog: pytest.LogCaptureFixture
) -> None:
    world.group(retention_hours=24)
    world.register(1)
    world.clock.leap(90_000)
    assert retention.enforce() == 0
    [said] = caplog.messages
    assert said == (
        "The clock has jumped ahead by 25.0 hours. Faces that have expired by this clock are not shown, and "
        "will be deleted in an hour unless it is corrected."
    )
    world.clock.pass_by(3600)
    assert retention.enforce() == 1


def test_a_group_that_goes_meanwhile_is_no_trouble(
    world: World, retention: Retention, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, kept = world.group("gone", retention_hours=1), world.group("kept", retention_hours=1)
    world.register(1, group="gone")
    world.register(1, 2, group="kept")
    world.clock.pass_by(hours=1)
    monkeypatch.setattr(world.gallery, "groups_with_retention", lambda: [gone, kept])
    world.groups.delete(world.app, "gone")
    assert retention.enforce() == 2


def test_what_goes_wrong_otherwise_is_told(
    world: World, retention: Retention, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.group(retention_hours=1)

    def fails(group: Group, limit: int) -> int:
        raise ServiceError(ErrorCode.INTERNAL, "The database is gone.")

    monkeypatch.setattr(world.gallery, "delete_expired", fails)
    with pytest.raises(ServiceError) as caught:
        retention.enforce()
    assert caught.value.code is ErrorCode.INTERNAL


def test_nothing_is_said_of_a_group_in_which_nothing_expired(
    world: World, retention: Retention, caplog: pytest.LogCaptureFixture
) -> None:
    world.group(retention_hours=1)
    with caplog.at_level(logging.INFO, "visavis.core.retention"):
        assert retention.enforce() == 0
    assert caplog.messages == []
