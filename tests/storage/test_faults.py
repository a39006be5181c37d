"""A check of what is kept finds nothing in good order, and names every kind of fault."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from harness.storage.faces import new_faces
from visavis.identities import App
from visavis.storage.database import schema
from visavis.storage.store import Storage
from visavis.transfer.checking import check_all
from visavis.types import Group


@pytest.fixture
def kept(storage: Storage, group: Group) -> Storage:
    faces = new_faces(5)
    storage.gallery.add(group, faces, quota=10)
    storage.gallery.delete_face(group, faces[0].face_id)
    return storage


def faults(storage: Storage) -> list[str]:
    seen: list[int] = []
    found = check_all(storage.database, storage.keys, seen.append)
    assert sum(seen) in {0, 4}
    return found


def test_what_was_kept_in_the_ordinary_way_has_no_faults(kept: Storage) -> None:
    assert faults(kept) == []


OTHER_FACES = (
    "Group 'group' (number 1) does not have the faces that it should: one was changed, removed or restored."
)


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"face_count": 7}, ["Group 'group' (number 1) counts 7 faces and has 4.", OTHER_FACES]),
        ({"version": 3}, ["Group 'group' (number 1) has changes newer than its version, 3.", OTHER_FACES]),
        (
            {"name": "other"},
            [
                "The record of the group 'other' was altered.",
                "Group 'other' (number 1): The key of a group was altered or belongs elsewhere.",
            ],
        ),
    ],
)
def test_a_group_that_was_altered_is_named(kept: Storage, values: dict[str, object], found: list[str]) -> None:
    with kept.database.write() as connection:
        connection.execute(update(schema.groups).values(values))
    assert faults(kept) == found


def put_in_place_of_the_second(kept: Storage, template: bytes) -> list[str]:
    with kept.database.write() as connection:
        connection.execute(update(schema.faces).where(schema.faces.c.version == 2).values(template=template))
    return check_all(kept.database, kept.keys, lambda _: None)


def test_a_template_of_another_face_is_named(kept: Storage) -> None:
    with kept.database.read() as connection:
        others = connection.scalar(select(schema.faces.c.template).where(schema.faces.c.version == 3))
    assert others is not None
    assert put_in_place_of_the_second(kept, others) == [
        "Group 'group' (number 1): A stored template was altered or belongs elsewhere."
    ]


def test_a_template_that_was_cut_is_named(kept: Storage) -> None:
    assert put_in_place_of_the_second(kept, bytes(40)) == [
        "Group 'group' (number 1): The templates of a group differ in size."
    ]


def test_an_app_that_miscounts_its_groups_is_named(kept: Storage, app: App) -> None:
    with kept.database.write() as connection:
        connection.execute(update(schema.apps).values(group_count=3))
    assert faults(kept) == ["App 'app' counts 3 groups and has 1."]
