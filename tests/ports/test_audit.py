"""How events get into the audit log, and how they come out of it again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from harness.storage.faces import new_faces
from tests.ports.stores import Stores
from tests.storage.trails import CLIENT, event
from visavis.audit_events import Actor, ActorKind, AuditFilter, AuditHead, AuditNames, AuditRecord, Effect, Event
from visavis.errors import ServiceError
from visavis.identities import App, KeyKind
from visavis.types import Group

EVERYTHING = AuditFilter()
OWNER = Actor(kind=ActorKind.SERVER)


def log(storage: Stores, where: AuditFilter = EVERYTHING) -> list[AuditRecord]:
    """Oldest first."""
    return storage.audit.page(where, None, 10_000)[::-1]


def told(record: AuditRecord) -> tuple[str, str | None, tuple[str, ...]]:
    return record.event.operation, record.event.group, record.event.faces


def test_every_change_is_recorded_by_whoever_makes_it(storage: Stores) -> None:
    app = storage.apps.create_app("app", {KeyKind.APP_KEY: "a"})
    group = storage.gallery.create_group(app, "g", "sface", quota=10)
    storage.gallery.change_settings(group, {"similarity": 80.0})
    one, two = storage.gallery.add(group, new_faces(2), quota=10)
    storage.gallery.delete_face(group, one.face_id)
    storage.gallery.delete_group(group)
    storage.apps.add_keys(app, {KeyKind.APP_KEY: "b"}, datetime.now(UTC))
    storage.apps.change_dialects(app, lambda _: frozenset({"v1"}))
    storage.apps.delete_app(app)
    records = log(storage)
    assert [told(record) for record in records] == [
        ("create_app", None, ()),
        ("create_group", "g", ()),
        ("change_group", "g", ()),
        ("register", "g", (one.face_id, two.face_id)),
        ("delete_face", "g", (one.face_id,)),
        ("delete_group", "g", ()),
        ("rotate_keys", None, ()),
        ("change_app", None, ()),
        ("delete_app", None, ()),
    ]
    assert [record.position for record in records] == list(range(1, 10))
    assert {(record.event.app_id, record.event.app, record.event.actor) for record in records} == {
        (app.id, "app", OWNER)
    }
    assert records[2].event.detail == "similarity: 80.0"
    assert records[7].event.detail == "dialects off: v1"


def test_a_change_that_is_refused_leaves_no_record_of_its_own(storage: Stores, app: App, group: Group) -> None:
    before = log(storage)
    for attempt in (
        lambda: storage.gallery.create_group(app, "group", "sface", quota=10),
        lambda: storage.gallery.add(group, new_faces(1), quota=0),
        lambda: storage.gallery.delete_face(group, "nobody"),
    ):
        with pytest.raises(ServiceError):
            attempt()
    assert log(storage) == before


def test_a_change_is_put_down_to_the_event_under_way(storage: Stores, app: App, group: Group) -> None:
    asked = Event(actor=CLIENT, operation="add_face", effect=Effect.CHANGE, dialect="searchface", app="app")
    with storage.journal.acting(asked) as acting:
        [face] = storage.gallery.add(group, new_faces(1), quota=10)
        assert acting.recorded
    record = log(storage)[-1]
    assert record.event == replace(asked, app_id=app.id, group="group", faces=(face.face_id,))
    storage.gallery.delete_face(group, face.face_id)
    assert log(storage)[-1].event.actor == OWNER


def test_records_keep_all_that_they_are_given(storage: Stores) -> None:
    given = replace(event(5), detail="a: b", result="face_not_found", count=12, faces=("a", "b"))
    before = datetime.now(UTC)
    storage.journal.add(given)
    [record] = log(storage)
    assert record.event == given
    assert before <= record.at <= datetime.now(UTC)


@pytest.mark.parametrize("text", ["\0", "\udc80", "line\nbreak", "x" * 300, "키", "\x1b[2J"])
def test_texts_that_clients_make_up_are_kept_printable_and_short(storage: Stores, text: str) -> None:
    storage.journal.add(replace(event(), group=text, faces=(text,)))
    [record] = log(storage)
    assert record.event.group is not None
    assert record.event.group.isprintable()
    assert len(record.event.group) <= 255
    assert "키" not in text or record.event.group == text


def test_records_are_found_by_time_app_operation_group_and_face(storage: Stores) -> None:
    storage.journal.add(event(1))
    storage.journal.add(replace(event(2), faces=("face-1", "face-22", "face-3")))
    storage.journal.add(replace(event(3), app="other", operation="verify"))
    first, second, third = log(storage)
    assert log(storage, AuditFilter(faces=("face-22",))) == [second]
    assert log(storage, AuditFilter(faces=("face-2",))) == []
    assert log(storage, AuditFilter(faces=("face-1",))) == [first, second]
    assert log(storage, AuditFilter(faces=("face_1",))) == []
    assert log(storage, AuditFilter(app="other")) == [third]
    assert log(storage, AuditFilter(operation="verify")) == [third]
    assert log(storage, AuditFilter(group="group-1")) == [first]
    assert log(storage, AuditFilter(since=second.at)) == [second, third]
    assert log(storage, AuditFilter(until=second.at)) == [first]
    assert log(storage, AuditFilter(faces=("face-22", "face-3", "\0"))) == [second, third]
    assert log(storage, AuditFilter(faces=())) == []


def test_records_are_found_by_who_did_it_and_what_came_of_it(storage: Stores) -> None:
    storage.journal.add(event(1))
    storage.journal.add(replace(event(2), actor=Actor(kind=ActorKind.USER, user="kim"), result="no_face"))
    storage.journal.add(replace(event(3), actor=Actor(kind=ActorKind.COMMAND, user="kim"), result="too_poor"))
    first, second, third = log(storage)
    assert log(storage, AuditFilter(user="kim")) == [second, third]
    assert log(storage, AuditFilter(actor=ActorKind.USER, user="kim")) == [second]
    assert log(storage, AuditFilter(actor=ActorKind.COMMAND)) == [third]
    assert log(storage, AuditFilter(result="ok")) == [first]
    assert log(storage, AuditFilter(result="failed")) == [second, third]
    assert log(storage, AuditFilter(result="too_poor")) == [third]
    assert log(storage, AuditFilter(result="\0")) == log(storage, AuditFilter(user="\0")) == []


def test_the_log_knows_what_its_records_name(storage: Stores) -> None:
    assert storage.audit.names() == AuditNames()
    storage.journal.add(replace(event(1), app="b", group="g", operation="search", effect=Effect.USE))
    storage.journal.add(replace(event(2), app="a", group=None, operation="create_app", effect=Effect.CHANGE))
    log(storage)
    assert storage.audit.names() == AuditNames(
        apps=("a", "b"),
        groups=(("b", "g"),),
        operations=((Effect.CHANGE, "create_app"), (Effect.USE, "search")),
        actors=(CLIENT.kind,),
        results=("ok",),
    )
    kim = Actor(kind=ActorKind.USER, user="kim")
    storage.journal.add(
        replace(event(3), actor=kim, app="a", group="g", operation="search", effect=Effect.USE, result="no_face")
    )
    log(storage)
    names = storage.audit.names()
    assert names.groups == (("a", "g"), ("b", "g"))
    assert set(names.actors) == {CLIENT.kind, ActorKind.USER}
    assert (names.users, names.results) == (("kim",), ("no_face", "ok"))


def test_pages_go_backwards_without_a_gap(storage: Stores) -> None:
    for number in range(7):
        storage.journal.add(event(number))
    newest = storage.audit.page(EVERYTHING, None, 3)
    assert [record.position for record in newest] == [7, 6, 5]
    assert [record.position for record in storage.audit.page(EVERYTHING, 5, 3)] == [4, 3, 2]


def test_a_log_without_records_ends_at_its_beginning(storage: Stores) -> None:
    assert storage.audit.head() == AuditHead(0, bytes(32))
    assert storage.audit.advance() == 0
    assert storage.audit.page(EVERYTHING, None, 10) == []


def test_records_get_their_place_in_the_chain_when_it_is_moved_on(storage: Stores) -> None:
    for number in range(3):
        storage.journal.add(event(number))
    assert storage.audit.head().position == 0
    assert storage.audit.advance() == 3
    assert storage.audit.advance(wait=True) == 0
    [last] = storage.audit.page(EVERYTHING, None, 1)
    assert storage.audit.head() == AuditHead(3, last.link)
    storage.journal.add(event(4))
    assert storage.audit.advance(wait=True) == 1
    assert storage.audit.head().link != last.link


def test_an_event_that_changes_nothing_is_not_on_record_by_itself(storage: Stores, app: App, group: Group) -> None:
    before = log(storage)
    with storage.journal.acting(event()) as acting:
        storage.gallery.list_groups(app, None, 10)
        assert not acting.recorded
        assert acting.event == event()
    assert log(storage) == before


def test_what_threads_of_an_event_change_is_put_down_to_it(storage: Stores, group: Group) -> None:
    with storage.journal.acting(event()) as acting, ThreadPoolExecutor(1) as pool:
        pool.submit(copy_context().run, storage.gallery.add, group, new_faces(1), 10).result()
        assert acting.recorded
    assert log(storage)[-1].event.actor == CLIENT


def test_records_are_found_by_the_number_of_their_app_apart_from_its_name(storage: Stores) -> None:
    for app_id in (3, 4, None):
        storage.journal.add(replace(event(), app_id=app_id))
    of_three, of_four, _ = log(storage)
    assert log(storage, AuditFilter(app_id=3)) == [of_three]
    assert log(storage, AuditFilter(app="front-door", app_id=4)) == [of_four]
    assert log(storage, AuditFilter(app="other", app_id=4)) == []
