"""What counts as a recognition, and what a spreadsheet gets to see of it."""

from __future__ import annotations

import csv
import logging
from datetime import UTC, datetime

import pytest

from tests.core.world import PLAIN, World, refused, showing
from tests.fakes.pictures import FakeFace
from visavis.audit_events import Actor, ActorKind
from visavis.core import recognition_events
from visavis.core.recognition_events import COLUMNS, CsvLines, RecognitionEvents, door_named
from visavis.errors import ErrorCode
from visavis.recognition_events import Asked, EventFilter, RecognitionEvent, RecognitionKind, is_door

ASKED = Asked(Actor(kind=ActorKind.APP, key_id=3), "main")
EVERYTHING = EventFilter()


@pytest.fixture
def watched() -> World:
    world = World()
    world.group(recognition_event_days=7)
    world.register(1, 2)
    return world


def search(world: World, person: int, asked: Asked | None = ASKED) -> None:
    world.search.by_image(world.app, "group", showing(FakeFace(person)), 5, 90, PLAIN, asked)


def events(world: World, where: EventFilter = EVERYTHING) -> list[RecognitionEvent]:
    return list(world.events.all(world.groups.require(world.app, "group"), where))


def strangers(world: World, where: EventFilter = EVERYTHING) -> int:
    return sum(each.count for each in world.events.strangers(world.groups.require(world.app, "group"), where))


def test_a_search_records_its_best_match_or_a_stranger(watched: World) -> None:
    search(watched, 1)
    search(watched, 9)
    [event] = events(watched)
    assert (event.kind, event.asked_by, event.door) == (RecognitionKind.SEARCH, "key 3", "main")
    assert event.similarity >= 90
    assert strangers(watched) == 1


def test_a_verification_records_whom_it_confirms(watched: World) -> None:
    [record] = watched.register(3)
    for person in (3, 9):
        source = showing(FakeFace(person))
        watched.search.verify(watched.app, "group", record.face_id, source, PLAIN, ASKED)
    [event] = events(watched)
    assert (event.kind, event.face_id) == (RecognitionKind.VERIFICATION, record.face_id)
    assert strangers(watched) == 1


def test_nothing_is_recorded_where_it_is_off_or_nobody_stands_at_a_door(watched: World) -> None:
    search(watched, 1, asked=None)
    watched.groups.change_settings(watched.app, "group", {"recognition_event_days": 0})
    search(watched, 1)
    watched.groups.change_settings(watched.app, "group", {"recognition_event_days": 7})
    assert (events(watched), strangers(watched)) == ([], 0)


def test_of_persons_there_are_no_strangers(watched: World) -> None:
    search(watched, 9)
    assert strangers(watched, EventFilter(person="p1")) == 0


def test_counts_of_strangers_are_the_newest(watched: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognition_events, "_MOST_COUNTS", 2)
    for _ in range(3):
        watched.clock.pass_by(days=1)
        search(watched, 9)
    group = watched.groups.require(watched.app, "group")
    assert [each.day for each in watched.events.strangers(group, EVERYTHING)] == ["2026-05-04", "2026-05-03"]


def test_all_events_come_newest_first_however_many_there_are(
    watched: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recognition_events, "_BATCH", 2)
    for person in (1, 2, 1, 2, 1):
        watched.clock.pass_by(minutes=2)
        search(watched, person)
    assert [event.person_id for event in events(watched)] == ["p1", "p2", "p1", "p2", "p1"]
    group = watched.groups.require(watched.app, "group")
    page = watched.events.page(group, EVERYTHING, None, 2)
    assert [event.person_id for event in page.items] == ["p1", "p2"]
    assert page.next == page.items[-1].sequence
    assert watched.events.page(group, EVERYTHING, page.items[-1].sequence, 3).next is None


def test_who_delivers_is_woken_by_what_waits_for_a_webhook_alone(watched: World) -> None:
    woken: list[str] = []
    told = RecognitionEvents(
        watched.storage.recognition_events, watched.groups, watched.clock, on_delivery=lambda: woken.append("up")
    )
    group = watched.groups.require(watched.app, "group")
    told.record(group, RecognitionKind.SEARCH, None, None, ASKED)
    assert woken == []
    watched.storage.webhooks.set_url(group, "https://gate.example/", "whsec_c2VjcmV0")
    told.record(group, RecognitionKind.SEARCH, None, None, ASKED)
    assert woken == ["up"]


def test_events_are_deleted_when_their_time_is_over_in_as_many_transactions_as_it_takes(
    watched: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(recognition_events, "_AT_ONCE", 2)
    for person in (1, 2, 1, 2, 1):
        watched.clock.pass_by(minutes=2)
        search(watched, person)
    sweeper = RecognitionEvents(
        watched.storage.recognition_events, watched.groups, watched.clock, watched.clock.seconds
    )
    with caplog.at_level(logging.INFO):
        assert sweeper.sweep() == 0
        assert caplog.messages == []
        watched.clock.pass_by(days=7)
        assert sweeper.sweep() == 5
    assert caplog.messages == ["Deleted 5 expired recognition events."]
    assert watched.gallery.events == []


def test_a_clock_that_has_jumped_ahead_deletes_no_event(watched: World, caplog: pytest.LogCaptureFixture) -> None:
    search(watched, 1)
    sweeper = RecognitionEvents(
        watched.storage.recognition_events, watched.groups, watched.clock, watched.clock.seconds
    )
    watched.clock.leap(8 * 86_400)
    assert sweeper.sweep() == 0
    [warning] = caplog.messages
    assert warning.startswith("The clock has jumped ahead by 192.0 hours. Recognition events that have expired")
    watched.clock.leap(-8 * 86_400)
    assert len(events(watched)) == 1


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_of_a_file_is_a_formula(text: str) -> None:
    at = datetime(2026, 11, 29, tzinfo=UTC)
    event = RecognitionEvent(1, "id", at, RecognitionKind.SEARCH, "face", text, text, 97.5, None, "key 3", "")
    head, line = list(CsvLines([event]))
    assert head == "\ufeff" + ",".join(COLUMNS) + "\r\n"
    [cells] = csv.reader([line])
    assert dict(zip(COLUMNS, cells, strict=True))["person"] == f"'{text}"
    assert dict(zip(COLUMNS, cells, strict=True))["similarity"] == "97.5"
    assert dict(zip(COLUMNS, cells, strict=True))["liveness"] == ""


@pytest.mark.parametrize("text", ["a", "Main door 2", "정문", "eu-west.1:lobby", "x" * 64])
def test_names_that_a_door_may_have(text: str) -> None:
    assert is_door(text)


@pytest.mark.parametrize("text", ["", " a", "a ", "x" * 65, "=1", "-a", "a\nb", "a,b", "<b>"])
def test_names_that_no_door_may_have(text: str) -> None:
    assert not is_door(text)


def test_a_door_of_other_letters_than_ascii_is_percent_encoded() -> None:
    assert door_named("%EC%A0%95%EB%AC%B8%201") == "정문 1"
    assert door_named("main entrance") == "main entrance"
    assert door_named(None) == ""


@pytest.mark.parametrize("header", ["%3Cb%3E", "a%0Ab", "%FF", "=1+1", "a" * 65])
def test_a_door_with_other_signs_is_refused(header: str) -> None:
    says = "X-Visavis-Door takes up to 64 letters, digits, spaces, '_', '.', ':' and '-'."
    with refused(ErrorCode.INVALID_PARAMETER, says, "X-Visavis-Door"):
        door_named(header)
