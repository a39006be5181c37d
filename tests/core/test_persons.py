"""Persons of a group: listed, found, named, merged and deleted."""

from __future__ import annotations

import re
import unicodedata

import pytest

from tests.core.world import World, refused
from visavis.core import persons as module
from visavis.core.persons import MAX_NAME, Persons, as_kept, checked_id, checked_name, id_for, new_id
from visavis.errors import ErrorCode
from visavis.types import Group

NOBODY = "There is no person with this id in the group."


@pytest.fixture
def group(world: World) -> Group:
    """A group of p1, who has two faces, p2 and p3."""
    group = world.group()
    world.register(1, 1, 2, 3)
    return group


@pytest.fixture
def persons(world: World) -> Persons:
    return Persons(world.storage.persons, world.groups)


def everybody(persons: Persons, group: Group, wanted: str = "") -> list[tuple[str, str, int]]:
    return [(person.id, person.name, person.face_count) for person in persons.all(group, wanted)]


def test_persons_come_in_slices_with_the_number_of_all(persons: Persons, group: Group) -> None:
    first, count = persons.slice(group, "", 0, 2)
    assert ([person.id for person in first], count) == (["p1", "p2"], 3)
    second, count = persons.slice(group, "", 2, 2)
    assert ([person.id for person in second], count) == (["p3"], 3)


@pytest.mark.parametrize("at_once", [1, 2, 3, 500])
def test_all_persons_come_one_after_another(
    persons: Persons, group: Group, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_AT_ONCE", at_once)
    assert everybody(persons, group) == [("p1", "", 2), ("p2", "", 1), ("p3", "", 1)]
    assert everybody(persons, group, " p2 ") == [("p2", "", 1)]


def test_a_name_is_found_in_whatever_form_its_letters_are_sent(
    world: World, persons: Persons, group: Group
) -> None:
    apart = unicodedata.normalize("NFD", "김민수")
    named = persons.change(world.app, "group", "p1", name=f" {apart} ")
    assert named.name == "김민수"
    assert [person.id for person in persons.named(group, apart)] == ["p1"]
    assert [person.id for person in persons.slice(group, unicodedata.normalize("NFD", "민"), 0, 10)[0]] == ["p1"]
    assert everybody(persons, group, unicodedata.normalize("NFD", "민")) == [("p1", "김민수", 2)]
    assert sorted(persons.faces_of(apart)) == sorted(world.stored()[:2])


def test_whose_faces_these_are_is_told_with_the_names(world: World, persons: Persons, group: Group) -> None:
    persons.set_name(group, "p1", "김민수")
    [first, _, second, _] = world.stored()
    assert persons.of_faces(group, [first, second, "nobody's"]) == {first: ("p1", "김민수"), second: ("p2", "")}
    assert persons.names_of(group, ["p1", "p2"]) == {"p1": "김민수"}


def test_faces_of_a_person_are_found_in_one_group_or_in_all(world: World, persons: Persons, group: Group) -> None:
    world.group("other")
    world.register(1, group="other")
    assert len(persons.faces_of("p1")) == 3
    assert len(persons.faces_of("p1", world.app)) == 3
    assert persons.faces_of("p1", world.app, "other") == world.stored("other")
    elsewhere = world.storage.apps.create_app("elsewhere", {})
    assert persons.faces_of("p1", elsewhere) == []


def test_a_person_who_is_not_there_is_refused(world: World, persons: Persons, group: Group) -> None:
    assert persons.require(group, "p1").id == "p1"
    assert [person.id for person in persons.find(group, ["p9", "p2"])] == ["p2"]
    with refused(ErrorCode.PERSON_NOT_FOUND, NOBODY):
        persons.require(group, "p9")
    with refused(ErrorCode.PERSON_NOT_FOUND, NOBODY):
        persons.change(world.app, "group", "p9", name="Kim")
    with refused(ErrorCode.PERSON_NOT_FOUND, NOBODY):
        persons.delete(world.app, "group", "p9")


def test_a_name_is_given_changed_and_taken_away(world: World, persons: Persons, group: Group) -> None:
    assert persons.change(world.app, "group", "p1", name="Kim").name == "Kim"
    assert persons.change(world.app, "group", "p1", name="Lee").name == "Lee"
    assert persons.change(world.app, "group", "p1", name="").name == ""
    assert everybody(persons, group)[0] == ("p1", "", 2)


def test_what_changes_nothing_is_not_on_record(world: World, persons: Persons, group: Group) -> None:
    persons.change(world.app, "group", "p1", name="Kim")
    before = len(world.recorded())
    assert persons.change(world.app, "group", "p1").name == "Kim"
    assert persons.change(world.app, "group", "p1", name=" Kim").name == "Kim"
    assert persons.change(world.app, "group", "p1", new_id="p1").id == "p1"
    assert len(world.recorded()) == before


def test_a_person_gets_another_id_and_keeps_the_name(world: World, persons: Persons, group: Group) -> None:
    persons.change(world.app, "group", "p1", name="Kim")
    moved = persons.change(world.app, "group", "p1", new_id="e-1")
    assert (moved.id, moved.name, moved.face_count) == ("e-1", "Kim", 2)
    both = persons.change(world.app, "group", "e-1", new_id="e-2", name="Lee")
    assert (both.id, both.name) == ("e-2", "Lee")


def test_an_id_of_somebody_else_is_refused_unless_both_are_merged(
    world: World, persons: Persons, group: Group
) -> None:
    persons.set_name(group, "p1", "Kim")
    persons.set_name(group, "p2", "Lee")
    with refused(ErrorCode.PERSON_EXISTS, "Another person in the group has this id."):
        persons.change(world.app, "group", "p1", new_id="p2")
    merged = persons.change(world.app, "group", "p1", new_id="p2", merge=True)
    assert (merged.id, merged.name, merged.face_count) == ("p2", "Lee", 3)
    assert [person_id for person_id, _, _ in everybody(persons, group)] == ["p2", "p3"]


def test_a_person_is_deleted_with_all_faces(world: World, persons: Persons, group: Group) -> None:
    assert persons.delete(world.app, "group", "p1") == 2
    assert everybody(persons, group) == [("p2", "", 1), ("p3", "", 1)]


@pytest.mark.parametrize("name", ["a\tb", "a\0", "x" * (MAX_NAME + 1)])
def test_a_name_that_nobody_could_read_is_refused(world: World, persons: Persons, group: Group, name: str) -> None:
    with refused(ErrorCode.INVALID_PARAMETER, "A name has at most 255 printable characters.", "name"):
        persons.change(world.app, "group", "p1", name=name)


def test_a_name_of_255_characters_is_taken() -> None:
    assert checked_name(f" {'x' * MAX_NAME} ") == "x" * MAX_NAME


@pytest.mark.parametrize("person_id", ["", "a b", "김민수", "x" * 256])
def test_an_id_that_clients_could_not_send_is_refused(
    world: World, persons: Persons, group: Group, person_id: str
) -> None:
    says = "A person's id has 1 to 255 characters from A-Z, a-z, 0-9, '_', '.', '-' and ':'."
    with refused(ErrorCode.INVALID_PARAMETER, says, "id"):
        persons.change(world.app, "group", "p1", new_id=person_id)


def test_an_id_that_clients_can_send_is_taken_as_it_is() -> None:
    assert checked_id("e:7_.-") == "e:7_.-"


def test_an_id_that_is_made_has_eight_signs_that_nobody_mistakes() -> None:
    made = {new_id() for _ in range(200)}
    assert len(made) == 200
    assert all(re.fullmatch("p-[a-km-np-z2-9]{8}", each) for each in made)
    assert len(set("".join(each[2:] for each in made))) == 32


def test_a_name_makes_the_same_id_each_time_in_one_group_and_another_elsewhere(world: World) -> None:
    prints = [world.gallery.fingerprinter(world.group(name)) for name in ("one", "other")]
    one, other = (id_for("김민수", each) for each in prints)
    assert one == id_for(f" {unicodedata.normalize('NFD', '김민수')}", prints[0])
    assert len({one, other, id_for("이영희", prints[0])}) == 3
    assert re.fullmatch("p-[a-km-np-z2-9]{8}", one)


def test_the_id_of_a_name_is_none_of_a_picture() -> None:
    asked: list[bytes] = []

    def fingerprint(data: bytes) -> bytes:
        asked.append(data)
        return bytes(range(32))

    assert id_for("Kim", fingerprint) == "p-abcdefgh"
    assert asked == [b"person Kim"]


def test_a_name_is_kept_in_one_form() -> None:
    assert as_kept(unicodedata.normalize("NFD", " 김민수\n")) == "김민수"
