"""Who writes faces and groups into the database without a key is found out: in use, and by `visavis db check`."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from harness.storage.faces import new_face, unit_rows
from tests.storage.conftest import OpenStorage
from tests.storage.forging import faults, refused, rows_of
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import App
from visavis.storage.database.schema import apps, deletions, faces, groups, sets
from visavis.storage.gallery import gallery
from visavis.storage.store import Storage
from visavis.types import FaceFilter, Group, GroupSettings, NewFace

OTHER_FACES = "does not have the faces that it should"


@pytest.fixture
def people(storage: Storage, group: Group) -> Sequence[NewFace]:
    """Five people whom the group has by name."""
    found = [new_face(row, external_image_id=f"p{number}") for number, row in enumerate(unit_rows(5))]
    storage.gallery.add(group, found, quota=10)
    return found


def forge(storage: Storage, statement: Any) -> None:
    with storage.database.write() as connection:
        connection.execute(statement)


def found(storage: Storage, group: Group, face: NewFace) -> list[str | None]:
    return [record.external_image_id for record, _ in storage.gallery.search(group, face.embedding, 1, 0.9)]


def test_what_nobody_altered_is_found_and_has_no_faults(
    storage: Storage, group: Group, people: Sequence[NewFace]
) -> None:
    assert [found(storage, group, face) for face in people] == [[f"p{number}"] for number in range(5)]
    assert faults(storage) == ""


def test_two_people_whose_names_were_swapped_open_no_door(
    storage: Storage, group: Group, people: Sequence[NewFace]
) -> None:
    for number, name in ((0, "p1"), (1, "p0")):
        forge(
            storage,
            update(faces).where(faces.c.face_id == people[number].face_id).values(external_image_id=name),
        )
    for face in people[:2]:
        named = f"The record of the face '{face.face_id}' was altered"
        refused(partial(found, storage, group, face), named)
        refused(partial(storage.gallery.require_face, group, face.face_id), named)
        refused(partial(storage.gallery.delete_face, group, face.face_id), named)
        assert named in faults(storage)
    assert found(storage, group, people[2]) == ["p2"]


@pytest.mark.parametrize(
    "values",
    [
        {"external_image_id": None},
        {"image_id": "another"},
        {"x0": 0.11},
        {"detection_score": 0.91},
        {"created_at": datetime(2020, 1, 1, tzinfo=UTC)},
        {"fingerprint": bytes(16)},
        {"tag": bytes(16)},
        {"tag": None},
    ],
)
def test_no_column_of_a_face_can_be_altered(
    storage: Storage, group: Group, people: Sequence[NewFace], values: dict[str, Any]
) -> None:
    forge(storage, update(faces).where(faces.c.face_id == people[0].face_id).values(values))
    refused(lambda: storage.gallery.list_faces(group, FaceFilter(), None, 10), "The record of the face")
    assert "The record of the face" in faults(storage)


def test_two_people_whose_templates_were_swapped_with_their_ids_are_not_taken_for_each_other(
    storage: Storage, group: Group, people: Sequence[NewFace], open_again: OpenStorage
) -> None:
    """And put back once they are in memory, so that every row is in order again."""
    first, second = rows_of(storage, faces)[:2]
    _swap(storage, first, second)
    other = open_again()
    refused(lambda: found(other, group, people[0]), "set of faces|record of the face")
    assert OTHER_FACES in faults(storage)


def _swap(storage: Storage, first: dict[str, Any], second: dict[str, Any]) -> None:
    with storage.database.write() as connection:
        for row, by in ((first, "in between"), (second, first["face_id"]), (first, second["face_id"])):
            other = second if row is first else first
            values = {"face_id": by, "template": other["template"]}
            connection.execute(update(faces).where(faces.c.id == row["id"]).values(values))


def test_a_face_that_was_taken_out_with_all_counters_mended_is_missed(
    storage: Storage, group: Group, people: Sequence[NewFace], open_again: OpenStorage
) -> None:
    assert found(storage, group, people[0]) == ["p0"]
    with storage.database.write() as connection:
        connection.execute(delete(faces).where(faces.c.face_id == people[0].face_id))
        connection.execute(update(groups).values(version=6, face_count=4))
        connection.execute(insert(deletions).values(group_id=group.id, version=6, sequence=1))
    for opened in (storage, open_again()):
        refused(partial(found, opened, group, people[0]), "faces of group number 1 was altered")
    assert OTHER_FACES in faults(storage)


def test_a_face_that_was_taken_out_alone_is_missed_at_the_next_load(
    storage: Storage, group: Group, people: Sequence[NewFace], open_again: OpenStorage
) -> None:
    forge(storage, delete(faces).where(faces.c.face_id == people[0].face_id))
    refused(lambda: found(open_again(), group, people[1]), "The set of faces of the group 'group' was altered")
    assert OTHER_FACES in faults(storage)


def test_a_face_that_was_deleted_does_not_come_back(
    storage: Storage, group: Group, people: Sequence[NewFace], open_again: OpenStorage
) -> None:
    kept = next(row for row in rows_of(storage, faces) if row["face_id"] == people[0].face_id)
    storage.gallery.delete_face(group, people[0].face_id)
    forge(storage, insert(faces).values(kept))
    refused(lambda: found(open_again(), group, people[0]), "The set of faces of the group 'group' was altered")
    assert OTHER_FACES in faults(storage)


@pytest.mark.parametrize("loaded", [False, True])
def test_a_face_that_was_deleted_is_not_verified_one_to_one(
    storage: Storage, group: Group, people: Sequence[NewFace], *, loaded: bool
) -> None:
    if loaded:
        assert found(storage, group, people[0]) == ["p0"]
    kept = next(row for row in rows_of(storage, faces) if row["face_id"] == people[0].face_id)
    storage.gallery.delete_face(group, people[0].face_id)
    if loaded:
        assert found(storage, group, people[1]) == ["p1"]
    forge(storage, insert(faces).values(kept))
    named = "The set of faces of the group 'group' was altered"
    refused(partial(storage.gallery.open_template, group, people[0].face_id), named)


def test_a_face_that_is_being_deleted_is_not_taken_for_altered(storage: Storage, group: Group) -> None:
    """It leaves the memory before that has the version of its deletion."""
    many = [new_face(row) for row in unit_rows(120)]
    storage.gallery.add(group, many, quota=200)

    def verify() -> set[ErrorCode]:
        refusals = set()
        for face in many:
            try:
                for _ in range(200):
                    storage.gallery.open_template(group, face.face_id)
            except ServiceError as error:
                refusals.add(error.code)
        return refusals

    with ThreadPoolExecutor(2) as pool:
        verifying = pool.submit(verify)
        for face in many:
            storage.gallery.delete_face(group, face.face_id)
        assert verifying.result() == {ErrorCode.FACE_NOT_FOUND}


def test_a_large_group_is_not_read_in_to_verify_one_face(
    storage: Storage, group: Group, people: Sequence[NewFace], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery, "READ_IN_FOR_ONE", 4)
    kept = next(row for row in rows_of(storage, faces) if row["face_id"] == people[0].face_id)
    storage.gallery.delete_face(group, people[0].face_id)
    storage.gallery.add(group, [new_face(unit_rows(1, seed=3)[0])], quota=10)
    forge(storage, insert(faces).values(kept))
    storage.gallery.open_template(group, people[0].face_id)  # the limit of it, until the group is searched
    assert storage.index_cache.use()[0] == 0
    assert OTHER_FACES in faults(storage)


def test_a_face_of_another_group_is_not_put_in(
    storage: Storage, app: App, group: Group, people: Sequence[NewFace], open_again: OpenStorage
) -> None:
    door = storage.gallery.create_group(app, "door", "sface", quota=10)
    storage.gallery.add(door, [new_face(unit_rows(1, seed=3)[0])], quota=10)
    forge(storage, update(faces).where(faces.c.version == 2).values(group_id=door.id))
    refused(lambda: found(open_again(), door, people[1]), "altered")
    assert OTHER_FACES in faults(storage)


def test_an_older_state_of_a_group_is_not_put_together_with_its_faces(
    storage: Storage, group: Group, people: Sequence[NewFace], open_again: OpenStorage
) -> None:
    before = rows_of(storage, groups)[0]
    storage.gallery.add(group, [new_face(unit_rows(1, seed=3)[0])], quota=10)
    numbers = {name: before[name] for name in ("version", "floor", "face_count", "face_set")}
    forge(storage, update(groups).values(numbers))
    refused(lambda: found(open_again(), group, people[0]), "The set of faces of the group 'group' was altered")
    assert OTHER_FACES in faults(storage)


@pytest.mark.parametrize(
    "values",
    [
        {"liveness": False},
        {"liveness_threshold": 1.0},
        {"similarity": 10.0},
        {"min_quality": 0.0},
        {"min_comparability": 0.0},
        {"retention_hours": 1},
        {"model": "another"},
        {"wrapped_by": "another"},
    ],
)
def test_settings_of_a_group_cannot_be_altered(
    storage: Storage, app: App, group: Group, values: dict[str, Any]
) -> None:
    settings = GroupSettings(liveness=True, similarity=95, min_quality=30, retention_hours=900)
    storage.gallery.change_settings(group, asdict(settings))
    forge(storage, update(groups).values(values))
    named = "The record of the group 'group' was altered"
    refused(lambda: storage.gallery.require_group(app, "group"), named)
    refused(lambda: storage.gallery.list_groups(app, None, 10), named)
    refused(lambda: storage.gallery.change_settings(group, {"similarity": 80.0}), named)
    refused(lambda: storage.gallery.add(group, [new_face(unit_rows(1)[0])], 10), named)
    assert named in faults(storage)


def test_settings_from_an_earlier_time_are_not_put_back(storage: Storage, app: App, group: Group) -> None:
    before = rows_of(storage, groups)[0]
    storage.gallery.change_settings(group, {"liveness": True})
    forge(storage, update(groups).values(before))
    refused(lambda: storage.gallery.require_group(app, "group"), "The stored state of the groups was altered")
    assert "The groups of app number 1 are not those that were kept" in faults(storage)


def test_a_group_that_was_deleted_does_not_come_back(storage: Storage, app: App, group: Group) -> None:
    kept = rows_of(storage, groups)[0]
    storage.gallery.delete_group(group)
    with storage.database.write() as connection:
        connection.execute(insert(groups).values(kept))
        connection.execute(update(apps).values(group_count=1))
    refused(lambda: storage.gallery.require_group(app, "group"), "The stored state of the groups was altered")
    assert "The groups of app number 1 are not those" in faults(storage)


def test_a_group_that_was_taken_out_is_missed(storage: Storage, app: App, group: Group) -> None:
    storage.gallery.require_group(app, "group")
    with storage.database.write() as connection:
        connection.execute(delete(groups))
        connection.execute(update(apps).values(group_count=0))
    named = "groups was altered"
    refused(lambda: storage.gallery.require_group(app, "group"), named)
    refused(lambda: storage.gallery.list_groups(app, None, 10), named)
    refused(lambda: storage.gallery.create_group(app, "new", "sface", 10), "number of groups")
    assert "The groups of app number 1 are not those" in faults(storage)


def test_a_set_that_was_altered_is_missed(storage: Storage, app: App, group: Group) -> None:
    with storage.database.read() as connection:
        total = connection.scalar(select(sets.c.total).where(sets.c.name == "groups"))
    assert total is not None
    changed = total[:-1] + bytes([total[-1] ^ 1])
    forge(storage, update(sets).where(sets.c.name == "groups").values(total=changed))
    refused(lambda: storage.gallery.require_group(app, "group"), "groups was altered")
    assert "The groups of app number 1 are not those" in faults(storage)


def test_deletions_that_were_altered_mislead_nobody(
    storage: Storage, group: Group, people: Sequence[NewFace]
) -> None:
    assert found(storage, group, people[3]) == ["p3"]
    with storage.database.write() as connection:
        connection.execute(insert(deletions).values(group_id=group.id, version=6, sequence=4))
    storage.gallery.add(group, [new_face(unit_rows(1, seed=4)[0])], quota=10)
    refused(lambda: found(storage, group, people[3]), "The set of faces of the group 'group' was altered")
    assert "the record of its deletions was altered" in faults(storage)
