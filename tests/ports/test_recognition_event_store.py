"""Recognition events: recorded where a group asks for it, found again, and gone with the person or in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from tests.ports.conftest import let_events_age
from tests.ports.recognitions import (
    ASKED,
    EVERYTHING,
    NOWHERE,
    face_of,
    meet_stranger,
    people,
    recognise,
    register,
    strangers,
)
from tests.ports.stores import Stores
from visavis.audit_events import Actor, ActorKind
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import App
from visavis.recognition_events import Asked, EventFilter, Recognised, RecognitionKind
from visavis.types import Group


@pytest.fixture
def watched(storage: Stores, group: Group) -> Group:
    """A group of p0, p1 and somebody without id, which records every recognition and has a webhook."""
    register(storage, group, "p0", "p1", None)
    storage.persons.set_name(group, "p0", "김민수")
    storage.webhooks.set_url(group, "https://gate.example/", "whsec_c2VjcmV0")
    return storage.gallery.change_settings(
        group, {"recognition_event_days": 30, "recognition_event_gap_seconds": 0}
    )


@pytest.fixture
def patient(storage: Stores, watched: Group) -> Group:
    """A group that records events, and joins looks at one person within an hour into one event."""
    return storage.gallery.change_settings(watched, {"recognition_event_gap_seconds": 3600})


def waiting(storage: Stores, group: Group) -> int:
    webhook = storage.webhooks.find(group)
    assert webhook is not None
    return webhook.waiting


def test_a_group_records_nothing_until_somebody_switches_it_on(storage: Stores, watched: Group) -> None:
    off = storage.gallery.change_settings(watched, {"recognition_event_days": 0})
    assert not recognise(storage, off, "p0")
    assert not meet_stranger(storage, off)
    on = storage.gallery.change_settings(watched, {"recognition_event_days": 30})
    assert (people(storage, on), strangers(storage, on)) == ([], [])


def test_what_the_group_asks_for_now_decides(storage: Stores, watched: Group) -> None:
    off = storage.gallery.change_settings(watched, {"recognition_event_days": 0})
    assert not recognise(storage, watched, "p0")
    storage.gallery.change_settings(off, {"recognition_event_days": 30})
    assert recognise(storage, off, "p0")
    assert people(storage, watched) == ["p0"]


def test_an_event_says_who_was_recognised_when_where_and_for_whom(storage: Stores, watched: Group) -> None:
    before = datetime.now(UTC)
    recognise(storage, watched, "p0")
    [event] = storage.recognition_events.list_events(watched, EVERYTHING, None, 10)
    assert before <= event.at <= datetime.now(UTC)
    assert (event.person_id, event.name, event.face_id) == ("p0", "김민수", face_of(storage, watched, "p0"))
    assert (event.kind, event.similarity, event.liveness) == (RecognitionKind.SEARCH, 97.5, 88.0)
    assert (event.door, event.asked_by) == ("main", "key 3")


def test_strangers_are_counted_by_door(storage: Stores, watched: Group) -> None:
    for door in ("main", "main", "back"):
        assert meet_stranger(storage, watched, Asked(ASKED.actor, door))
    assert strangers(storage, watched) == [("back", 1), ("main", 2)]
    assert people(storage, watched) == []
    [first] = storage.recognition_events.count_strangers(watched, EVERYTHING, 1)
    assert (first.day, first.door) == (f"{datetime.now(UTC):%Y-%m-%d}", "back")
    assert strangers(storage, watched, EventFilter(door="back")) == [("back", 1)]
    assert strangers(storage, watched, EventFilter(door="\0")) == []
    assert strangers(storage, watched, EventFilter(since=datetime.now(UTC) + timedelta(days=2))) == []
    assert strangers(storage, watched, EventFilter(until=datetime.now(UTC) - timedelta(days=2))) == []


def test_events_are_found_by_person_name_door_and_time_and_come_in_pages(storage: Stores, watched: Group) -> None:
    recognise(storage, watched, "p0")
    recognise(storage, watched, "p1", Asked(ASKED.actor, "back"))
    recognise(storage, watched, None)
    assert people(storage, watched) == [None, "p1", "p0"]
    assert people(storage, watched, EventFilter(person="민수")) == ["p0"]
    assert people(storage, watched, EventFilter(person="P1")) == ["p1"]
    assert people(storage, watched, EventFilter(door="back")) == ["p1"]
    assert people(storage, watched, EventFilter(door="a NUL\0 is in no name")) == []
    assert people(storage, watched, EventFilter(until=datetime.now(UTC) - timedelta(hours=1))) == []
    first, second = storage.recognition_events.list_events(watched, EVERYTHING, None, 2)
    [third] = storage.recognition_events.list_events(watched, EVERYTHING, second.sequence, 2)
    assert first.sequence > second.sequence > third.sequence


def test_events_go_with_the_last_face_of_their_person(storage: Stores, watched: Group) -> None:
    register(storage, watched, "p0")
    for person in ("p0", "p1", None):
        recognise(storage, watched, person)
    storage.gallery.delete_face(watched, face_of(storage, watched, "p0"))
    assert people(storage, watched) == [None, "p1", "p0"]
    storage.gallery.delete_face(watched, face_of(storage, watched, "p0"))
    storage.gallery.delete_face(watched, face_of(storage, watched, None))
    assert people(storage, watched) == ["p1"]
    storage.persons.delete_person(watched, "p1")
    register(storage, watched, "p0", "p1")
    assert people(storage, watched) == []


def test_an_answer_that_comes_after_the_deletion_records_nothing(storage: Stores, watched: Group) -> None:
    found = Recognised(face_of(storage, watched, "p0"), 97.5)
    storage.persons.delete_person(watched, "p0")
    register(storage, watched, "p0")
    assert not storage.recognition_events.record(watched, RecognitionKind.SEARCH, found, None, ASKED)
    assert people(storage, watched) == []


def test_events_follow_a_person_to_another_id(storage: Stores, watched: Group) -> None:
    recognise(storage, watched, "p0")
    storage.persons.move_person(watched, "p0", "p1", merge=True)
    assert people(storage, watched) == ["p1"]


@pytest.mark.parametrize("way", ["group", "app"])
def test_of_a_group_that_is_gone_nothing_is_recorded_or_listed(
    storage: Stores, app: App, watched: Group, way: str
) -> None:
    recognise(storage, watched, "p0")
    meet_stranger(storage, watched)
    if way == "group":
        storage.gallery.delete_group(watched)
    else:
        storage.apps.delete_app(app)
    for act in (
        partial(meet_stranger, storage, watched),
        partial(storage.recognition_events.list_events, watched, EVERYTHING, None, 10),
    ):
        with pytest.raises(ServiceError) as caught:
            act()
        assert caught.value.code is ErrorCode.GROUP_NOT_FOUND
    assert strangers(storage, watched) == []
    assert storage.recognition_events.delete_expired(10) == 0


def test_one_group_does_not_see_the_events_of_another(storage: Stores, app: App, watched: Group) -> None:
    recognise(storage, watched, "p0")
    meet_stranger(storage, watched)
    other = storage.gallery.create_group(app, "other", "sface", quota=10)
    other = storage.gallery.change_settings(other, {"recognition_event_days": 30})
    register(storage, other, "p0")
    assert (people(storage, other), strangers(storage, other)) == ([], [])


def test_an_expired_event_is_hidden_at_once_and_then_deleted(storage: Stores, watched: Group) -> None:
    recognise(storage, watched, "p0")
    recognise(storage, watched, "p1")
    let_events_age(storage, timedelta(days=30, seconds=1))
    recognise(storage, watched, None)
    assert people(storage, watched) == [None]
    assert storage.recognition_events.delete_expired(1) == 1
    assert storage.recognition_events.delete_expired(10) == 1
    assert storage.recognition_events.delete_expired(10) == 0
    assert people(storage, watched) == [None]


def test_switching_it_off_hides_and_deletes_what_was_recorded(storage: Stores, watched: Group) -> None:
    recognise(storage, watched, "p0")
    meet_stranger(storage, watched)
    off = storage.gallery.change_settings(watched, {"recognition_event_days": 0})
    assert (people(storage, off), strangers(storage, off)) == ([], [])
    assert storage.recognition_events.delete_expired(10) == 1
    on = storage.gallery.change_settings(watched, {"recognition_event_days": 30})
    assert (people(storage, on), strangers(storage, on)) == ([], [])


def test_the_gap_begins_with_an_event_and_ends_in_time(storage: Stores, patient: Group) -> None:
    recognise(storage, patient, "p0")
    let_events_age(storage, timedelta(minutes=59))
    assert not recognise(storage, patient, "p0")
    let_events_age(storage, timedelta(minutes=2))
    assert recognise(storage, patient, "p0")
    assert people(storage, patient) == ["p0", "p0"]


def test_a_person_seen_again_at_a_door_within_the_gap_is_one_event(storage: Stores, patient: Group) -> None:
    for _ in range(3):
        recognise(storage, patient, "p0")
        recognise(storage, patient, None)
    recognise(storage, patient, "p0", Asked(ASKED.actor, "back"))
    recognise(storage, patient, "p1")
    assert people(storage, patient) == ["p1", "p0", None, "p0"]
    assert waiting(storage, patient) == 4


def test_where_no_door_is_named_every_look_of_a_client_is_an_event(storage: Stores, patient: Group) -> None:
    for _ in range(3):
        recognise(storage, patient, "p0", NOWHERE)
        meet_stranger(storage, patient, NOWHERE)
    assert people(storage, patient) == ["p0"] * 3
    assert waiting(storage, patient) == 6


def test_where_no_door_is_named_looks_of_one_user_of_the_console_are_joined(
    storage: Stores, patient: Group
) -> None:
    for name in ("kim", "kim", "lee", "kim"):
        recognise(storage, patient, "p0", Asked(Actor(kind=ActorKind.USER, user=name)))
    assert people(storage, patient) == ["p0"] * 2


def test_every_stranger_is_counted_and_the_webhook_told_once_within_the_gap(
    storage: Stores, patient: Group
) -> None:
    for _ in range(3):
        meet_stranger(storage, patient)
    meet_stranger(storage, patient, Asked(ASKED.actor, "back"))
    assert strangers(storage, patient) == [("back", 1), ("main", 3)]
    assert waiting(storage, patient) == 2
