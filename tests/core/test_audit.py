"""What is recorded of what is done, and how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.core.world import World
from tests.storage.trails import CLIENT
from visavis.audit_events import OK, Actor, ActorKind, AuditFilter, Effect, Event
from visavis.core.audit import Audit
from visavis.errors import ErrorCode, ServiceError

ASKED = Event(actor=CLIENT, operation="do", effect=Effect.USE, app="app", app_id=1, group="g", faces=("f",))
CHANGE = replace(ASKED, effect=Effect.CHANGE)


def audit_of(world: World, depth: Effect = Effect.USE) -> Audit:
    return Audit(world.storage.journal, world.storage.audit, world.clock, depth)


def events(world: World) -> list[Event]:
    """The records of clients, oldest first."""
    return [record.event for record in world.recorded() if record.event.actor == CLIENT]


def fail(code: ErrorCode) -> None:
    raise ServiceError(code, "It went wrong.")


async def in_thread(call: Callable[[], None]) -> None:
    await asyncio.to_thread(call)


def test_what_succeeds_is_recorded_as_such(world: World) -> None:
    with audit_of(world).recording(ASKED):
        assert events(world) == []
    assert events(world) == [replace(ASKED, result=OK)]


def test_a_change_that_is_on_record_is_not_recorded_again(world: World) -> None:
    with audit_of(world).recording(CHANGE):
        world.group()
    [event] = events(world)
    assert (event.operation, event.group, event.app_id) == ("do", "group", world.app.id)


def test_a_change_after_which_something_failed_is_recorded_with_the_failure(world: World) -> None:
    def change_and_fail() -> None:
        with audit_of(world).recording(CHANGE):
            world.group()
            fail(ErrorCode.INTERNAL)

    with pytest.raises(ServiceError):
        change_and_fail()
    assert [event.result for event in events(world)] == ["ok", "internal"]


@pytest.mark.parametrize(
    ("code", "group", "faces"),
    [
        (ErrorCode.APP_NOT_FOUND, None, ()),
        (ErrorCode.INVALID_PARAMETER, None, ()),
        (ErrorCode.GROUP_NOT_FOUND, None, ()),
        (ErrorCode.INVALID_GROUP_ID, None, ()),
        (ErrorCode.FACE_NOT_FOUND, "g", ()),
        (ErrorCode.NO_FACE, "g", ("f",)),
        (ErrorCode.GROUP_DELETED, "g", ("f",)),
    ],
)
def test_a_failure_is_recorded_without_the_names_of_what_does_not_exist(
    world: World, code: ErrorCode, group: str | None, faces: tuple[str, ...]
) -> None:
    with pytest.raises(ServiceError), audit_of(world).recording(ASKED):
        fail(code)
    assert events(world) == [replace(ASKED, result=code.value, group=group, faces=faces)]


@pytest.mark.parametrize(
    ("code", "app"),
    [(ErrorCode.APP_NOT_FOUND, None), (ErrorCode.INVALID_PARAMETER, None), (ErrorCode.GROUP_NOT_FOUND, "app")],
)
def test_the_name_of_an_app_that_nobody_has_found_is_not_recorded(
    world: World, code: ErrorCode, app: str | None
) -> None:
    with pytest.raises(ServiceError), audit_of(world).recording(replace(ASKED, app_id=None)):
        fail(code)
    [event] = events(world)
    assert event.app == app


def test_an_error_that_is_none_of_ours_is_one_of_the_server(world: World) -> None:
    with pytest.raises(ZeroDivisionError), audit_of(world).recording(ASKED):
        raise ZeroDivisionError
    assert [event.result for event in events(world)] == ["internal"]


@pytest.mark.parametrize("depth", Effect)
def test_what_is_more_harmless_than_the_depth_is_not_recorded(world: World, depth: Effect) -> None:
    audit = audit_of(world, depth)
    for effect in Effect:
        with audit.recording(replace(ASKED, effect=effect)):
            pass
        with pytest.raises(ServiceError), audit.recording(replace(ASKED, effect=effect)):
            fail(ErrorCode.NO_FACE)
        audit.record(replace(ASKED, effect=effect))
    recorded = [effect for effect in Effect if effect <= depth]
    assert [event.effect for event in events(world)] == [effect for effect in recorded for _ in range(3)]


def test_on_a_loop_the_record_is_on_disk_when_the_block_has_ended(world: World) -> None:
    audit = audit_of(world)

    async def work() -> None:
        async with audit.recording_in_loop(ASKED, in_thread):
            assert events(world) == []
        assert events(world) == [ASKED]

    asyncio.run(work())


def test_on_a_loop_a_failure_is_recorded_and_goes_on(world: World) -> None:
    audit = audit_of(world)

    async def work(error: Exception) -> None:
        also: dict[type[Exception], ErrorCode] = {KeyError: ErrorCode.OVERLOADED}
        async with audit.recording_in_loop(ASKED, in_thread, also):
            raise error

    async def bare() -> None:
        async with audit.recording_in_loop(ASKED, in_thread):
            raise KeyError

    for error in (KeyError(), ValueError(), ServiceError(ErrorCode.NO_FACE, "Nobody.")):
        with pytest.raises(type(error)):
            asyncio.run(work(error))
    with pytest.raises(KeyError):
        asyncio.run(bare())
    assert [event.result for event in events(world)] == ["overloaded", "internal", "no_face", "internal"]


def test_on_a_loop_a_change_that_is_on_record_is_not_recorded_again(world: World) -> None:
    async def work() -> None:
        async with audit_of(world).recording_in_loop(CHANGE, in_thread):
            world.group()

    asyncio.run(work())
    assert len(events(world)) == 1


def test_a_page_of_the_log_goes_on_below_the_last_record_of_the_one_before(world: World) -> None:
    audit = audit_of(world)
    for number in range(4):
        audit.record(replace(ASKED, faces=(f"f{number}",)))
    first = audit.page(AuditFilter(operation="do"), None, 2)
    assert ([record.event.faces for record in first.items], first.next) == ([("f3",), ("f2",)], 4)
    last = audit.page(AuditFilter(operation="do"), first.next, 2)
    assert ([record.event.faces for record in last.items], last.next) == ([("f1",), ("f0",)], None)
    assert audit.page(AuditFilter(faces=("f1",)), None, 2).items == [last.items[0]]


READING = Event(actor=Actor(kind=ActorKind.USER, user="Ines"), operation="read_audit", effect=Effect.USE)


def readings(world: World) -> list[tuple[str | None, int | None]]:
    events = [record.event for record in world.recorded() if record.event.operation == "read_audit"]
    return [(event.actor.user, event.app_id) for event in events]


def test_what_a_user_reads_of_one_app_or_of_all_in_an_hour_is_one_record(world: World) -> None:
    audit, omar = audit_of(world), replace(READING, actor=Actor(kind=ActorKind.USER, user="Omar"))
    world.clock.pass_by(minutes=-world.clock.now.minute, seconds=-world.clock.now.second)
    for _ in range(3):
        for event in (READING, replace(READING, app_id=1), omar):
            audit.read(event)
        world.clock.pass_by(minutes=15)
    once = [("Ines", None), ("Ines", 1), ("Omar", None)]
    assert readings(world) == once
    world.clock.pass_by(minutes=15)
    audit.read(READING)
    assert readings(world) == [*once, ("Ines", None)]


def test_each_node_records_for_itself(world: World) -> None:
    for _ in range(2):
        audit_of(world).read(READING)
    assert readings(world) == [("Ines", None)] * 2


def test_a_reading_that_could_not_be_recorded_is_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = audit_of(world)
    with monkeypatch.context() as patched:
        patched.setattr(world.storage.journal, "add", lambda _: fail(ErrorCode.INTERNAL))
        with pytest.raises(ServiceError):
            audit.read(READING)
    audit.read(READING)
    assert readings(world) == [("Ines", None)]


def test_readings_are_not_recorded_where_only_changes_are(world: World) -> None:
    audit_of(world, Effect.CHANGE).read(READING)
    assert readings(world) == []


def test_records_are_found_by_the_number_of_their_app(world: World) -> None:
    audit = audit_of(world)
    for app_id in (1, 2):
        audit.record(replace(ASKED, app_id=app_id))
    found = audit.page(AuditFilter(app="app", app_id=2), None, 10).items
    assert [record.event.app_id for record in found] == [2]
