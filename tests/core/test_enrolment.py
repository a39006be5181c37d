"""Pictures of persons: who is registered as whom, and what is a question instead."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from tests.core.world import FACE_QUOTA, World, refused, sent, showing
from tests.fakes.pictures import FakeFace
from visavis.core.enrolment import Enrolled, Enrolment
from visavis.core.persons import Persons
from visavis.errors import ErrorCode
from visavis.types import Group, Person

LOW = "The quality of the face is below the minimum of the group."
LARGE = FakeFace(2, left=300, width=200, height=200)


@pytest.fixture
def group(world: World) -> Group:
    return world.group()


@pytest.fixture
def persons(world: World) -> Persons:
    return Persons(world.storage.persons, world.groups)


@pytest.fixture
def enrolment(world: World, persons: Persons) -> Enrolment:
    return Enrolment(world.faces, persons)


def add(
    world: World,
    enrolment: Enrolment,
    person_id: str = "",
    name: str = "",
    *,
    face: int = 1,
    is_another: bool = False,
) -> Enrolled:
    source = showing(FakeFace(face))
    return enrolment.add_person(world.app, "group", source, person_id=person_id, name=name, is_another=is_another)


def exists(detail: str) -> tuple[ErrorCode, str]:
    return ErrorCode.PERSON_EXISTS, detail


def test_a_person_has_the_id_that_is_given(world: World, group: Group, enrolment: Enrolment) -> None:
    done = add(world, enrolment, "e-7", " Kim ")
    assert done.person == Person("e-7", "Kim", 1, world.clock.now)
    assert [done.added.record.face_id] == world.stored()
    assert done.added.face.quality is not None


@pytest.mark.parametrize(("name", "person_id"), [("kim", "kim"), ("김민수", "p-[a-z2-9]{8}"), ("Kim L", "p-.{8}")])
def test_without_an_id_it_is_the_name_if_that_can_be_one(
    world: World, group: Group, enrolment: Enrolment, name: str, person_id: str
) -> None:
    done = add(world, enrolment, name=name)
    assert re.fullmatch(person_id, done.person.id)
    assert done.person.name == name


def test_a_person_without_id_and_name_is_refused(world: World, group: Group, enrolment: Enrolment) -> None:
    with refused(ErrorCode.INVALID_PARAMETER, "A person needs an id, a name, or both.", "id"):
        add(world, enrolment, name="  ")
    assert world.stored() == []


def test_an_id_that_is_taken_is_refused(world: World, group: Group, enrolment: Enrolment) -> None:
    add(world, enrolment, "e-7")
    for is_another in (False, True):
        with refused(*exists("Another person in the group has this id.")):
            add(world, enrolment, "e-7", "Kim", is_another=is_another)
    assert len(world.stored()) == 1


def test_a_name_or_an_id_that_somebody_has_is_a_question(world: World, group: Group, enrolment: Enrolment) -> None:
    add(world, enrolment, "e-7", "Kim")
    add(world, enrolment, "lee")
    with refused(*exists("The group already has a person with this name: e-7.")):
        add(world, enrolment, "e-8", "Kim")
    with refused(*exists("The group already has a person with this name: lee.")):
        add(world, enrolment, "e-8", "lee")
    assert len(world.stored()) == 2


def test_at_most_three_of_a_name_are_listed(world: World, group: Group, enrolment: Enrolment) -> None:
    for number in (4, 2, 1, 3):
        add(world, enrolment, f"e-{number}", "Kim", is_another=True)
    with refused(*exists("The group already has a person with this name: e-1, e-2, e-3.")):
        add(world, enrolment, name="Kim")


def test_somebody_else_of_the_same_name_is_another_person(
    world: World, group: Group, persons: Persons, enrolment: Enrolment
) -> None:
    add(world, enrolment, name="kim")
    other = add(world, enrolment, name="kim", is_another=True)
    assert other.person.id.startswith("p-")
    assert [person.name for person in persons.all(group)] == ["kim", "kim"]


@pytest.mark.parametrize(("person_id", "name"), [("a b", ""), ("e-7", "a\tb")])
def test_an_id_and_a_name_must_be_ones(
    world: World, group: Group, enrolment: Enrolment, person_id: str, name: str
) -> None:
    says = (
        "A name has at most 255 printable characters."
        if name
        else "A person's id has 1 to 255 characters from A-Z, a-z, 0-9, '_', '.', '-' and ':'."
    )
    with refused(ErrorCode.INVALID_PARAMETER, says, "name" if name else "id"):
        add(world, enrolment, person_id, name)


def test_the_largest_face_alone_is_registered(world: World, group: Group, enrolment: Enrolment) -> None:
    source = showing(FakeFace(1), LARGE)
    done = enrolment.add_person(world.app, "group", source, person_id="e-7", name="", is_another=False)
    assert done.added.face.box == LARGE.found().box
    assert len(world.stored()) == 1


def test_a_picture_is_added_to_a_person_who_is_there(world: World, group: Group, enrolment: Enrolment) -> None:
    add(world, enrolment, "e-7", "Kim")
    world.clock.pass_by(hours=1)
    done = enrolment.add_picture(world.app, "group", "e-7", showing(FakeFace(1, likeness=0.9)))
    assert done.person == Person("e-7", "Kim", 2, world.clock.now)
    with refused(ErrorCode.PERSON_NOT_FOUND, "There is no person with this id in the group."):
        enrolment.add_picture(world.app, "group", "e-8", showing(FakeFace(1)))
    assert len(world.stored()) == 2


def test_a_picture_gives_a_person_no_name(world: World, group: Group, enrolment: Enrolment) -> None:
    add(world, enrolment, "e-7")
    assert enrolment.add_picture(world.app, "group", "e-7", showing(FakeFace(1, likeness=0.9))).person.name == ""
    world.faces.delete(world.app, "group", world.stored()[0])
    assert enrolment.add_picture(world.app, "group", "e-7", showing(FakeFace(1))).person.name == ""


@pytest.mark.parametrize(
    ("face", "code", "detail"),
    [
        (FakeFace(turn=(46, 0, 0)), ErrorCode.FACE_TURNED_AWAY, "The face is turned more than 45 degrees."),
        (
            FakeFace(quality=49),
            ErrorCode.LOW_QUALITY,
            "The quality of the face is below the minimum of the group.",
        ),
        (FakeFace(comparability=49), ErrorCode.TOO_POOR, "The face is too poor to be compared."),
    ],
)
def test_a_face_that_is_not_registered_is_an_error_with_its_reason(
    world: World, enrolment: Enrolment, face: FakeFace, code: ErrorCode, detail: str
) -> None:
    world.group(min_quality=50)
    with refused(code, detail):
        enrolment.add_person(world.app, "group", showing(face), person_id="e-7", name="", is_another=False)
    assert world.stored() == []


def test_a_picture_of_nobody_is_an_error(world: World, group: Group, enrolment: Enrolment) -> None:
    says = "No face of at least 60 x 60 pixels was found in the image."
    with refused(ErrorCode.NO_FACE, says):
        enrolment.add_person(world.app, "group", showing(), person_id="e-7", name="", is_another=False)


def test_a_bystander_behind_a_face_that_is_turned_away_is_not_registered_instead(
    world: World, group: Group, enrolment: Enrolment
) -> None:
    away = FakeFace(2, left=300, width=200, height=200, turn=(46, 0, 0))
    with refused(ErrorCode.FACE_TURNED_AWAY, "The face is turned more than 45 degrees."):
        enrolment.add_person(
            world.app, "group", showing(FakeFace(1), away), person_id="e-7", name="", is_another=False
        )


def test_a_full_group_and_a_file_that_is_no_picture_are_errors_as_ever(
    world: World, group: Group, enrolment: Enrolment
) -> None:
    world.register(*range(FACE_QUOTA))
    with refused(ErrorCode.FACE_QUOTA_EXCEEDED, "The group has 5 faces; the limit is 5."):
        add(world, enrolment, "e-7")
    with refused(ErrorCode.NOT_AN_IMAGE, "The bytes are not an image."):
        enrolment.add_picture(world.app, "group", "p1", sent(b"text"))


def test_an_id_that_somebody_takes_meanwhile_is_a_question(
    world: World, group: Group, enrolment: Enrolment, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up = Persons.find

    def before_somebody_comes(persons: Persons, there: Group, ids: Sequence[str]) -> list[Person]:
        found = looked_up(persons, there, ids)
        world.register(2)
        return found

    monkeypatch.setattr(Persons, "find", before_somebody_comes)
    with refused(*exists("Another person in the group has this id.")):
        add(world, enrolment, "p2")
    assert len(world.stored()) == 1
