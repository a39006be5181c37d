"""Ids for persons who are imported by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from tests.core.world import World, refused
from tests.fakes.pictures import FakeFace, picture
from visavis.core.bulk import BulkRegistration, Entry, Result
from visavis.core.naming import Naming
from visavis.core.persons import Persons, id_for
from visavis.errors import ErrorCode, ServiceError
from visavis.types import Group


class Import:
    """Files in a folder that are imported under the names of people."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder = world, folder
        self.group: Group = world.group()
        self.persons = Persons(world.storage.persons, world.groups)
        self.naming = Naming.of(world.faces, self.persons, self.group)

    def file(self, person: int, name: str = "", person_id: str | None = None) -> Entry:
        path = self.folder / f"{person}-{name or person_id}.jpg"
        path.write_bytes(picture(FakeFace(person), width=1000 + person))
        return Entry(path, person_id, name=name)

    def run(self, entries: Sequence[Entry]) -> list[Result]:
        """Import as the command does, unless a name is a question."""
        assert self.naming.in_question(entries) == []
        known = self.naming.with_ids(entries)
        bulk = BulkRegistration.of(self.world.faces, self.group, 1, 1, Event())
        results = []
        for batch in bulk.run(known):
            self.naming.keep_names(batch)
            results += batch
        return results

    def made_of(self, name: str) -> str:
        return id_for(name, self.world.gallery.fingerprinter(self.group))

    def everybody(self) -> dict[str, tuple[str, int]]:
        return {person.id: (person.name, person.face_count) for person in self.persons.all(self.group)}


@pytest.fixture
def importing(world: World, tmp_path: Path) -> Import:
    return Import(world, tmp_path)


def test_people_without_ids_get_one_that_is_made_of_the_name(importing: Import) -> None:
    importing.run(
        [
            importing.file(1, "김민수"),
            importing.file(2, "이영희"),
            importing.file(3, "박철", "e-3"),
            importing.file(4, "", "e-4"),
        ]
    )
    assert importing.everybody() == {
        importing.made_of("김민수"): ("김민수", 1),
        importing.made_of("이영희"): ("이영희", 1),
        "e-3": ("박철", 1),
        "e-4": ("", 1),
    }


def test_a_file_without_id_and_name_stays_so(importing: Import) -> None:
    entry = importing.file(1)
    assert importing.naming.with_ids([entry]) == [entry]
    importing.run([entry])
    assert importing.everybody() == {}


def test_files_of_one_name_are_one_person(importing: Import) -> None:
    importing.run([importing.file(1, "김민수"), replace(importing.file(2), name="김민수")])
    assert importing.everybody() == {importing.made_of("김민수"): ("김민수", 2)}


def test_a_name_that_the_group_knows_is_that_of_its_person(importing: Import) -> None:
    importing.run([importing.file(1, "", "e-1")])
    importing.persons.set_name(importing.group, "e-1", "김민수")
    entries = [importing.file(2, "김민수")]
    assert [person.id for person in importing.naming.in_question(entries)] == ["e-1"]
    assert [entry.external_image_id for entry in importing.naming.with_ids(entries)] == ["e-1"]


def test_a_person_whose_name_was_taken_away_is_still_known_by_the_id_that_was_made(importing: Import) -> None:
    importing.run([importing.file(1, "김민수")])
    importing.persons.set_name(importing.group, importing.made_of("김민수"), "")
    assert [person.id for person in importing.naming.in_question([importing.file(2, "김민수")])] == [
        importing.made_of("김민수")
    ]


def test_a_name_of_several_people_is_refused(importing: Import) -> None:
    importing.run([importing.file(1, "", "e-1"), importing.file(2, "", "e-2")])
    for person_id in ("e-1", "e-2"):
        importing.persons.set_name(importing.group, person_id, "김민수")
    says = "Several persons are called 김민수: e-1, e-2. Give the id in a list of files."
    with refused(ErrorCode.INVALID_PARAMETER, says):
        importing.naming.with_ids([importing.file(3, "김민수")])
    given = importing.file(3, "김민수", "e-3")
    assert importing.naming.with_ids([given]) == [given]
    assert importing.naming.in_question([given]) == []


def test_an_import_that_goes_on_is_no_question(importing: Import) -> None:
    first, second = importing.file(1, "김민수"), replace(importing.file(2), name="김민수")
    importing.run([first])
    assert importing.naming.in_question([first, second]) == []
    assert [person.name for person in importing.naming.in_question([second])] == ["김민수"]
    skipped, added = importing.run([first, second])
    assert (skipped.skipped, added.added) == ("present", 1)


def test_a_file_that_cannot_be_read_is_not_there(importing: Import) -> None:
    importing.run([importing.file(1, "김민수")])

    def broken() -> bytes:
        raise ServiceError(ErrorCode.IMAGE_TOO_LARGE, "")

    for entry in (
        Entry(importing.folder / "none.jpg", None, name="김민수"),
        replace(importing.file(2, "김민수"), reader=broken),
    ):
        assert [person.name for person in importing.naming.in_question([entry])] == ["김민수"]


def test_a_name_that_somebody_has_given_meanwhile_stays(importing: Import) -> None:
    importing.run([importing.file(1, "김민수")])
    person_id = importing.made_of("김민수")
    importing.persons.set_name(importing.group, person_id, "김민서")
    importing.run([importing.file(1, "김민수")])
    assert importing.everybody() == {person_id: ("김민서", 1)}


def test_a_name_is_kept_once_in_an_import(importing: Import) -> None:
    importing.run([importing.file(1, "김민수")])
    importing.persons.set_name(importing.group, importing.made_of("김민수"), "")
    importing.naming.keep_names(
        [Result(replace(importing.file(1, "김민수"), external_image_id=importing.made_of("김민수")), "present")]
    )
    assert importing.everybody() == {importing.made_of("김민수"): ("", 1)}


@pytest.mark.parametrize("skipped", ["no_face", "duplicate"])
def test_of_a_file_that_brought_no_face_no_name_is_kept(importing: Import, skipped: str) -> None:
    importing.run([importing.file(1, "", "e-1")])
    importing.naming.keep_names([Result(importing.file(2, "김민수", "e-1"), skipped)])
    assert importing.everybody() == {"e-1": ("", 1)}


def test_pictures_that_are_there_as_somebody_elses_give_nobody_a_name(importing: Import) -> None:
    importing.run([importing.file(1, "", "e-1")])
    [result] = importing.run([replace(importing.file(1), name="김민수")])
    assert result.skipped == "present"
    assert importing.everybody() == {"e-1": ("", 1)}


def test_another_error_of_the_store_ends_the_import(importing: Import) -> None:
    importing.run([importing.file(1, "", "e-1")])
    importing.world.gallery.delete_group(importing.group)
    with pytest.raises(ServiceError) as caught:
        importing.naming.keep_names([Result(importing.file(1, "김민수", "e-1"), "present")])
    assert caught.value.code is ErrorCode.GROUP_NOT_FOUND
