"""Persons: faces that share an external image id, named, moved to another id, and gone with their last face."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from harness.storage.faces import new_face, unit_rows
from tests.ports.conftest import let_age
from tests.ports.stores import Stores
from visavis.audit_events import AuditFilter
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import App
from visavis.types import FaceFilter, Group, NewFace, Person

SEED = iter(range(1_000_000))


def register(storage: Stores, group: Group, *people: str | None) -> list[NewFace]:
    """A face for each of these external ids."""
    rows = unit_rows(len(people), seed=next(SEED))
    faces = [new_face(row, external_image_id=each) for row, each in zip(rows, people, strict=True)]
    storage.gallery.add(group, faces, quota=50)
    return faces


def listed(storage: Stores, group: Group, wanted: str = "") -> list[tuple[str, str, int]]:
    persons = storage.persons.list_persons(group, wanted, 50)
    assert len(persons) == storage.persons.count_persons(group, wanted)
    return [(person.id, person.name, person.face_count) for person in persons]


def refusal(storage: Stores, group: Group, person_id: str) -> set[ErrorCode]:
    """The errors of all acts on somebody."""
    codes = set()
    for act in (
        lambda: storage.persons.set_name(group, person_id, "x"),
        lambda: storage.persons.move_person(group, person_id, "elsewhere", merge=True),
        lambda: storage.persons.delete_person(group, person_id),
    ):
        with pytest.raises(ServiceError) as caught:
            act()
        codes.add(caught.value.code)
    return codes


def test_a_person_is_the_faces_of_one_id(storage: Stores, group: Group) -> None:
    register(storage, group, "kim", "lee", "kim", None, "홍길동")
    assert listed(storage, group) == [("kim", "", 2), ("lee", "", 1), ("홍길동", "", 1)]
    assert [person.id for person in storage.persons.list_persons(group, "", 1, 1)] == ["lee"]
    [kim] = storage.persons.find_persons(group, ["nobody", "kim"])
    newest = storage.gallery.list_faces(group, FaceFilter(external_image_id="kim"), None, 1)[0]
    assert kim == Person("kim", "", 2, newest.created_at)


def test_names_of_any_script_are_kept_found_and_taken_away(storage: Stores, group: Group) -> None:
    register(storage, group, "p-1", "p-2", "p-3")
    storage.persons.set_name(group, "p-1", "김민수")
    storage.persons.set_name(group, "p-2", "김민수")
    storage.persons.set_name(group, "p-3", "100% Ünal_")
    assert [person.id for person in storage.persons.persons_named(group, "김민수")] == ["p-1", "p-2"]
    assert storage.persons.persons_named(group, "김") == []
    assert listed(storage, group, "민수") == [("p-1", "김민수", 1), ("p-2", "김민수", 1)]
    assert listed(storage, group, "0%") == [("p-3", "100% Ünal_", 1)]
    assert [person_id for person_id, _, _ in listed(storage, group, "P-")] == ["p-1", "p-2", "p-3"]
    assert storage.persons.names_of(group, ["p-1", "p-9"]) == {"p-1": "김민수"}
    storage.persons.set_name(group, "p-1", "")
    assert storage.persons.names_of(group, ["p-1"]) == {}


def test_a_name_goes_with_the_last_face(storage: Stores, group: Group) -> None:
    first, second = register(storage, group, "kim", "kim")
    storage.persons.set_name(group, "kim", "김민수")
    storage.gallery.delete_face(group, first.face_id)
    assert listed(storage, group) == [("kim", "김민수", 1)]
    storage.gallery.delete_face(group, second.face_id)
    assert listed(storage, group) == []
    register(storage, group, "kim")
    assert listed(storage, group) == [("kim", "", 1)]


def test_a_person_moves_to_another_id_with_all_faces_and_the_name(storage: Stores, group: Group) -> None:
    faces = register(storage, group, "a", "b", "a")
    storage.persons.set_name(group, "a", "김민수")
    best = [storage.gallery.search(group, face.embedding, 1, 0.9)[0][0].face_id for face in faces]
    storage.persons.move_person(group, "a", "c", merge=False)
    assert listed(storage, group) == [("b", "", 1), ("c", "김민수", 2)]
    assert [storage.gallery.search(group, face.embedding, 1, 0.9)[0][0].face_id for face in faces] == best
    found = storage.gallery.search(group, faces[0].embedding, 1, 0.9)[0][0]
    assert (found.external_image_id, found.face_id) == ("c", faces[0].face_id)
    assert storage.gallery.require_group(_app(storage), group.name).face_count == 3
    register(storage, group, "d")
    assert listed(storage, group)[-1] == ("d", "", 1)


def test_two_become_one_only_when_that_is_meant(storage: Stores, group: Group) -> None:
    register(storage, group, "a", "b", "b")
    storage.persons.set_name(group, "a", "first")
    storage.persons.set_name(group, "b", "second")
    with pytest.raises(ServiceError) as caught:
        storage.persons.move_person(group, "a", "b", merge=False)
    assert caught.value.code is ErrorCode.PERSON_EXISTS
    assert listed(storage, group) == [("a", "first", 1), ("b", "second", 2)]
    storage.persons.move_person(group, "a", "b", merge=True)
    assert listed(storage, group) == [("b", "second", 3)]


def test_id_and_name_are_changed_as_one_act(storage: Stores, group: Group) -> None:
    register(storage, group, "a", "b")
    storage.persons.set_name(group, "a", "first")
    storage.persons.move_person(group, "a", "c", merge=False, name="another")
    assert listed(storage, group) == [("b", "", 1), ("c", "another", 1)]
    with pytest.raises(ServiceError):
        storage.persons.move_person(group, "c", "b", merge=False, name="nobody")
    assert listed(storage, group) == [("b", "", 1), ("c", "another", 1)]
    storage.persons.move_person(group, "c", "b", merge=True, name="")
    assert listed(storage, group) == [("b", "", 2)]
    assert storage.audit.page(AuditFilter(), None, 1)[0].event.operation == "move_person"


def test_a_name_comes_with_the_first_face_and_changes_no_name_that_is_there(storage: Stores, group: Group) -> None:
    rows = unit_rows(3, seed=next(SEED))
    first, second, third = (new_face(row, external_image_id="p-1") for row in rows)
    storage.gallery.add(group, [replace(first, name="김민수")], quota=50)
    storage.gallery.add_unless_there(group, [replace(second, name="이영희"), third], quota=50)
    assert listed(storage, group) == [("p-1", "김민수", 3)]
    operations = [record.event.operation for record in storage.audit.page(AuditFilter(), None, 2)]
    assert operations == ["register", "register"]


def test_a_person_is_deleted_as_one_act(storage: Stores, group: Group) -> None:
    gone = register(storage, group, "a", "a", "a")
    [stays] = register(storage, group, "b")
    storage.persons.set_name(group, "a", "somebody")
    assert storage.persons.delete_person(group, "a") == 3
    assert listed(storage, group) == [("b", "", 1)]
    for face in gone:
        assert storage.gallery.search(group, face.embedding, 1, 0.9) == []
    assert storage.gallery.search(group, stays.embedding, 1, 0.9)
    [record] = storage.audit.page(AuditFilter(), None, 1)
    assert (record.event.operation, record.event.detail) == ("delete_person", None)
    assert set(record.event.faces) == {face.face_id for face in gone}


def test_changes_are_on_record_by_faces_without_ids_and_names_of_people(storage: Stores, group: Group) -> None:
    faces = tuple(face.face_id for face in register(storage, group, "a", "a"))
    storage.persons.set_name(group, "a", "김민수")
    storage.persons.move_person(group, "a", "b", merge=False)
    moved, named = storage.audit.page(AuditFilter(), None, 2)
    for record, operation in ((named, "name_person"), (moved, "move_person")):
        assert (record.event.operation, record.event.detail, record.event.faces) == (operation, None, faces)


def test_who_is_not_there_cannot_be_named_moved_or_deleted(storage: Stores, app: App, group: Group) -> None:
    other = storage.gallery.create_group(app, "other", "sface", quota=10)
    register(storage, other, "there")
    assert refusal(storage, group, "there") == {ErrorCode.PERSON_NOT_FOUND}
    storage.gallery.delete_group(group)
    assert refusal(storage, group, "there") == {ErrorCode.GROUP_NOT_FOUND}
    with pytest.raises(ServiceError):
        storage.persons.list_persons(group, "", 1)


def test_expired_faces_are_of_nobody(storage: Stores, app: App, group: Group) -> None:
    old, *_ = register(storage, group, "old", "new")
    let_age(storage, [old.face_id], timedelta(hours=3))
    group = storage.gallery.change_settings(group, {"retention_hours": 2})
    assert listed(storage, group) == [("new", "", 1)]
    assert storage.persons.find_persons(group, ["old"]) == []
    assert listed(storage, group)[0][2] == 1
    assert storage.persons.find_persons(group, ["new"])[0].newest > datetime.now(UTC) - timedelta(hours=1)


def _app(storage: Stores) -> App:
    found = storage.apps.find_app("app")
    assert found is not None
    return found


def test_a_face_says_whose_it_is(storage: Stores, group: Group) -> None:
    kim, nobody = register(storage, group, "kim", None)
    ids = [kim.face_id, nobody.face_id, "no-such-face"]
    assert storage.persons.ids_of_faces(group, ids) == {kim.face_id: "kim"}
    assert storage.persons.ids_of_faces(group, []) == {}


def test_the_faces_of_a_person_are_found_by_id_or_name_in_every_group(
    storage: Stores, app: App, group: Group
) -> None:
    other = storage.gallery.create_group(app, "other", group.model, quota=10)
    one, two, _ = register(storage, group, "p-1", "p-1", "p-2")
    [three] = register(storage, other, "민수")
    storage.persons.set_name(group, "p-1", "민수")
    here = {one.face_id, two.face_id}
    assert set(storage.persons.faces_of("p-1")) == here
    assert set(storage.persons.faces_of("민수")) == {*here, three.face_id}
    assert set(storage.persons.faces_of("민수", app.id, group.name)) == here
    assert storage.persons.faces_of("민수", app.id + 1) == storage.persons.faces_of("민") == []
    assert storage.persons.faces_of("p-1", group=other.name) == storage.persons.faces_of("\0") == []
