"""Names of persons: nobody alters one unnoticed, they travel in archives and backups, and deleting one is real."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select, update

from harness.storage.faces import new_face, unit_rows
from tests.storage.archives import exported, restore
from tests.storage.conftest import OpenStorage, only_sqlite
from tests.storage.forging import faults, refused
from visavis.identities import App
from visavis.storage.database.schema import persons
from visavis.storage.store import Storage
from visavis.transfer.archive.restoring import Restored
from visavis.transfer.checking import check_all
from visavis.types import Group

NAMES = {"p0": "김민수", "p1": "이영희"}


@pytest.fixture
def named(storage: Storage, group: Group) -> Group:
    """A group of three people, two of them with names."""
    rows = unit_rows(3)
    storage.gallery.add(
        group, [new_face(row, external_image_id=f"p{number}") for number, row in enumerate(rows)], quota=10
    )
    for person_id, name in NAMES.items():
        storage.persons.set_name(group, person_id, name)
    return group


def test_names_that_were_swapped_are_found_out_in_use_and_by_a_check(storage: Storage, named: Group) -> None:
    assert faults(storage) == ""
    with storage.database.write() as connection:
        for person_id, name in zip(NAMES, reversed(NAMES.values()), strict=True):
            here = persons.c.external_image_id == person_id
            connection.execute(update(persons).where(here).values(name=name))
    reads: list[Callable[[], object]] = [
        partial(storage.persons.list_persons, named, "", 10),
        partial(storage.persons.find_persons, named, ["p0"]),
        partial(storage.persons.names_of, named, ["p0"]),
        partial(storage.persons.persons_named, named, "이영희"),
    ]
    for read in reads:
        refused(read, "The name of the person 'p0' was altered")
    assert "The name of the person 'p1' was altered" in faults(storage)


def test_a_name_that_was_given_to_somebody_else_is_found_out(storage: Storage, named: Group) -> None:
    with storage.database.write() as connection:
        connection.execute(
            update(persons).where(persons.c.external_image_id == "p0").values(external_image_id="p2")
        )
    refused(partial(storage.persons.names_of, named, ["p2"]), "The name of the person 'p2' was altered")


def test_moving_and_deleting_people_leaves_a_database_without_faults(storage: Storage, named: Group) -> None:
    storage.persons.move_person(named, "p0", "p2", merge=True)
    storage.persons.move_person(named, "p1", "p9", merge=False)
    assert check_all(storage.database, storage.keys, lambda _: None) == []
    storage.persons.delete_person(named, "p2")
    assert check_all(storage.database, storage.keys, lambda _: None) == []
    assert storage.persons.names_of(named, ["p0", "p1", "p2", "p9"]) == {"p9": "이영희"}


def test_another_process_sees_people_move_without_starting_over(
    storage: Storage, named: Group, open_again: OpenStorage
) -> None:
    beside = open_again()
    row = unit_rows(3)[0]
    assert beside.gallery.search(named, row, 1, 0.9)[0][0].external_image_id == "p0"
    storage.persons.move_person(named, "p0", "p5", merge=False)
    assert beside.gallery.search(named, row, 1, 0.9)[0][0].external_image_id == "p5"


def test_names_travel_in_archives_and_do_not_replace_others(storage: Storage, named: Group, other: App) -> None:
    archive = exported(storage, named)
    assert restore(storage, other, archive) == [Restored("group", 3, 0)]
    back = storage.gallery.require_group(other, "group")
    assert storage.persons.names_of(back, ["p0", "p1", "p2"]) == NAMES
    assert check_all(storage.database, storage.keys, lambda _: None) == []


def test_a_group_takes_its_names_along(storage: Storage, named: Group) -> None:
    storage.gallery.delete_group(named)
    with storage.database.read() as connection:
        assert connection.execute(select(persons)).all() == []


@only_sqlite
def test_a_deleted_name_is_in_no_file(storage: Storage, named: Group, data_dir: Path) -> None:
    text = NAMES["p0"].encode()
    assert _files(data_dir).count(text) > 0
    storage.persons.delete_person(named, "p0")
    storage.database.tidy()
    assert _files(data_dir).count(text) == 0
    assert _files(data_dir).count(NAMES["p1"].encode()) > 0


def _files(folder: Path) -> bytes:
    return b"\0".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
