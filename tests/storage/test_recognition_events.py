"""Recognition events: recorded where it is switched on, hidden and deleted in time, and gone with the person."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Table, func, select, update

from harness.storage.faces import new_face, unit_rows
from tests.ports.recognitions import ASKED, EVERYTHING, face_of, meet_stranger, people, recognise
from tests.storage.conftest import OpenStorage, only_sqlite
from tests.storage.forging import faults, refused
from visavis.identities import App
from visavis.recognition_events import Asked
from visavis.storage.database.schema import recognition_events, stranger_counts
from visavis.storage.store import Storage
from visavis.transfer.checking import check_all
from visavis.types import Group


@pytest.fixture
def watched(storage: Storage, group: Group) -> Group:
    """A group of p0, p1 and somebody without id, which records events for 30 days."""
    labels = ["p0", "p1", None]
    faces = [
        new_face(row, external_image_id=label) for row, label in zip(unit_rows(len(labels)), labels, strict=True)
    ]
    storage.gallery.add(group, faces, quota=10)
    storage.persons.set_name(group, "p0", "김민수")
    return storage.gallery.change_settings(
        group, {"recognition_event_days": 30, "recognition_event_gap_seconds": 0}
    )


def rows(storage: Storage, table: Table) -> int:
    with storage.database.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_an_event_says_who_was_recognised_when_where_and_for_whom(
    storage: Storage, watched: Group, open_again: OpenStorage
) -> None:
    before = datetime.now(UTC)
    recognise(storage, watched, "p0")
    [event] = open_again().recognition_events.list_events(watched, EVERYTHING, None, 10)
    assert before <= event.at <= datetime.now(UTC)
    assert (event.person_id, event.name, event.face_id) == ("p0", "김민수", face_of(storage, watched, "p0"))
    assert (event.similarity, event.liveness, event.door, event.asked_by) == (97.5, 88.0, "main", "key 3")


def test_events_follow_a_person_to_another_id(storage: Storage, watched: Group) -> None:
    recognise(storage, watched, "p0")
    storage.persons.move_person(watched, "p0", "p1", merge=True)
    assert people(storage, watched) == ["p1"]
    assert check_all(storage.database, storage.keys, lambda _: None) == []


def test_events_go_with_the_group_and_with_the_app(storage: Storage, app: App, watched: Group) -> None:
    recognise(storage, watched, "p0")
    meet_stranger(storage, watched)
    other = storage.gallery.create_group(app, "other", "sface", quota=10)
    assert people(storage, other) == []
    storage.gallery.delete_group(watched)
    assert (rows(storage, recognition_events), rows(storage, stranger_counts)) == (0, 0)


def test_switching_it_off_hides_and_deletes_what_was_recorded(storage: Storage, watched: Group) -> None:
    recognise(storage, watched, "p0")
    meet_stranger(storage, watched)
    off = storage.gallery.change_settings(watched, {"recognition_event_days": 0})
    assert people(storage, off) == []
    assert storage.recognition_events.count_strangers(off, EVERYTHING, 10) == []
    assert storage.recognition_events.delete_expired(10) == 1
    assert (rows(storage, recognition_events), rows(storage, stranger_counts)) == (0, 0)


def test_rows_that_were_altered_or_swapped_are_found_out(storage: Storage, watched: Group) -> None:
    recognise(storage, watched, "p0")
    recognise(storage, watched, "p1")
    meet_stranger(storage, watched)
    assert faults(storage) == ""
    with storage.database.write() as connection:
        connection.execute(update(recognition_events).values(external_image_id="p1"))
        connection.execute(update(stranger_counts).values(count=0))
    refused(partial(people, storage, watched), "was altered")
    refused(partial(meet_stranger, storage, watched), "The count of strangers of")
    refused(partial(storage.recognition_events.count_strangers, watched, EVERYTHING, 10), "The count of strangers")
    assert "The recognition event" in faults(storage)


@pytest.mark.parametrize("value", [{"liveness": 89.0}, {"similarity": 99.0}, {"door": "x"}, {"asked_by": "key 4"}])
def test_every_part_of_an_event_is_under_its_tag(
    storage: Storage, watched: Group, value: dict[str, object]
) -> None:
    recognise(storage, watched, "p0")
    with storage.database.write() as connection:
        connection.execute(update(recognition_events).values(value))
    refused(partial(people, storage, watched), "was altered")


@only_sqlite
def test_no_byte_of_a_deleted_persons_events_is_left_in_any_file(
    storage: Storage, watched: Group, data_dir: Path
) -> None:
    asked = Asked(ASKED.actor, "a-door-like-no-other")
    for _ in range(50):
        recognise(storage, watched, "p0", asked)
    storage.persons.delete_person(watched, "p0")
    storage.tidy()
    content = b"".join(path.read_bytes() for path in data_dir.rglob("*") if path.is_file())
    assert b"a-door-like-no-other" not in content
