"""The gallery's faces: stored, listed, opened, deleted, counted."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from harness.storage.faces import new_face, new_faces, unit_rows
from tests.ports.stores import Stores
from visavis.audit_events import AuditFilter
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import App
from visavis.types import Box, FaceFilter, Group, NewFace


def test_sequences_grow_in_the_order_given_and_across_deletions(storage: Stores, group: Group) -> None:
    faces = new_faces(3)
    records = storage.gallery.add(group, faces, quota=10)
    storage.gallery.delete_face(group, faces[2].face_id)
    records += storage.gallery.add(group, new_faces(2), quota=10)
    assert [record.face_id for record in records[:3]] == [face.face_id for face in faces]
    sequences = [record.sequence for record in records]
    assert sequences == sorted(set(sequences))


def test_the_quota_cuts_a_batch_where_it_is_full(storage: Stores, app: App, group: Group) -> None:
    faces = new_faces(8)
    assert len(storage.gallery.add(group, faces[:3], quota=5)) == 3
    stored = storage.gallery.add(group, faces[3:], quota=5)
    assert [record.face_id for record in stored] == [face.face_id for face in faces[3:5]]
    with pytest.raises(ServiceError) as caught:
        storage.gallery.add(group, faces[5:], quota=5)
    assert caught.value.code is ErrorCode.FACE_QUOTA_EXCEEDED
    assert storage.gallery.require_group(app, "group").face_count == 5


def test_a_quota_lowered_below_what_is_there_lets_nothing_in(storage: Stores, group: Group) -> None:
    storage.gallery.add(group, new_faces(5), quota=5)
    with pytest.raises(ServiceError) as caught:
        storage.gallery.add(group, new_faces(1), quota=2)
    assert caught.value.code is ErrorCode.FACE_QUOTA_EXCEEDED


def test_two_who_come_at_once_with_one_id_are_not_one_person(storage: Stores, group: Group) -> None:
    def come(face: NewFace) -> ErrorCode | None:
        try:
            storage.gallery.add(group, [face], quota=10, new_person=True)
        except ServiceError as error:
            return error.code
        return None

    faces = [new_face(row, external_image_id="kim") for row in unit_rows(4)]
    with ThreadPoolExecutor(4) as threads:
        outcomes = list(threads.map(come, faces))
    assert Counter(outcomes) == {None: 1, ErrorCode.PERSON_EXISTS: 3}
    assert storage.gallery.count_faces(group, FaceFilter(external_image_id="kim")) == 1
    assert come(new_face(unit_rows(5)[4], external_image_id="lee")) is None
    # Who is no new person gets further faces as before.
    assert len(storage.gallery.add(group, [new_face(unit_rows(6)[5], external_image_id="kim")], quota=10)) == 1


def test_a_deleted_face_makes_room_for_another(storage: Stores, group: Group) -> None:
    [first] = storage.gallery.add(group, new_faces(1), quota=1)
    storage.gallery.delete_face(group, first.face_id)
    assert len(storage.gallery.add(group, new_faces(1), quota=1)) == 1


def test_adding_no_face_stores_none(storage: Stores, group: Group) -> None:
    assert storage.gallery.add(group, [], quota=10) == []
    assert storage.gallery.list_faces(group, FaceFilter(), None, 10) == []


def test_a_batch_that_fails_stores_none(storage: Stores, app: App, group: Group) -> None:
    twins = [new_face(row, face_id="same") for row in unit_rows(2)]
    with pytest.raises(ServiceError) as caught:
        storage.gallery.add(group, [*new_faces(2), *twins], quota=10)
    assert caught.value.code is ErrorCode.INTERNAL
    assert storage.gallery.list_faces(group, FaceFilter(), None, 10) == []
    assert storage.gallery.require_group(app, "group").face_count == 0


def test_faces_of_other_groups_are_out_of_reach(storage: Stores, app: App, group: Group) -> None:
    other = storage.gallery.create_group(app, "other", "sface", quota=10)
    [face] = storage.gallery.add(group, new_faces(1), quota=10)
    for call in (storage.gallery.require_face, storage.gallery.open_template, storage.gallery.delete_face):
        with pytest.raises(ServiceError) as caught:
            call(other, face.face_id)
        assert caught.value.code is ErrorCode.FACE_NOT_FOUND
    assert storage.gallery.require_face(group, face.face_id) == face


def test_a_face_is_deleted_once(storage: Stores, group: Group) -> None:
    [face] = storage.gallery.add(group, new_faces(1), quota=10)
    storage.gallery.delete_face(group, face.face_id)
    for call in (storage.gallery.require_face, storage.gallery.open_template, storage.gallery.delete_face):
        with pytest.raises(ServiceError) as caught:
            call(group, face.face_id)
        assert caught.value.code is ErrorCode.FACE_NOT_FOUND


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (FaceFilter(), ["f5", "f4", "f3", "f2", "f1"]),
        (FaceFilter(face_id="f2"), ["f2"]),
        (FaceFilter(image_id="i1"), ["f4", "f2", "f1"]),
        (FaceFilter(external_image_id="e1"), ["f5", "f4", "f1"]),
        (FaceFilter(image_id="i1", external_image_id="e1"), ["f4", "f1"]),
        (FaceFilter(label_contains="E"), ["f5", "f4", "f3", "f1"]),
        (FaceFilter(image_id="i1", label_contains="1"), ["f4", "f1"]),
        (FaceFilter(term="E1"), ["f5", "f4", "f1"]),
        (FaceFilter(term="F2"), ["f2"]),
        (FaceFilter(term="2"), ["f3", "f2"]),
        (FaceFilter(term="_"), []),
        (FaceFilter(face_id="f5", image_id="i1"), []),
        (FaceFilter(face_id="none"), []),
    ],
)
def test_a_filter_narrows_the_list_newest_first(
    storage: Stores, group: Group, where: FaceFilter, expected: list[str]
) -> None:
    made = [("f1", "i1", "e1"), ("f2", "i1", None), ("f3", "i2", "e2"), ("f4", "i1", "e1"), ("f5", "i2", "e1")]
    rows = unit_rows(5)
    storage.gallery.add(group, [new_face(row, *ids) for row, ids in zip(rows, made, strict=True)], quota=10)
    listed = storage.gallery.list_faces(group, where, None, 10)
    assert [face.face_id for face in listed] == expected
    assert storage.gallery.count_faces(group, where) == len(expected)
    if len(listed) > 1:
        first, second, *_ = listed
        assert storage.gallery.list_faces(group, where, first.sequence, 1) == [second]


def test_an_offset_leaves_out_the_newest(storage: Stores, group: Group) -> None:
    rows = unit_rows(6)
    made = [new_face(row, f"f{number}", image_id=f"i{number % 2}") for number, row in enumerate(rows)]
    records = storage.gallery.add(group, made, quota=10)

    def listed(where: FaceFilter, before: int | None, limit: int, offset: int) -> list[str]:
        return [face.face_id for face in storage.gallery.list_faces(group, where, before, limit, offset)]

    assert listed(FaceFilter(), None, 2, 0) == ["f5", "f4"]
    assert listed(FaceFilter(), None, 2, 2) == ["f3", "f2"]
    assert listed(FaceFilter(), None, 4, 4) == ["f1", "f0"]
    assert listed(FaceFilter(), None, 2, 6) == []
    assert listed(FaceFilter(image_id="i1"), None, 2, 1) == ["f3", "f1"]
    assert listed(FaceFilter(), records[4].sequence, 2, 1) == ["f2", "f1"]


def test_the_count_is_of_this_group_and_follows_what_is_added_and_deleted(
    storage: Stores, app: App, group: Group
) -> None:
    other = storage.gallery.create_group(app, "other", "sface", quota=10)
    faces = new_faces(3)
    storage.gallery.add(group, faces, quota=10)
    assert storage.gallery.count_faces(group, FaceFilter()) == 3
    assert storage.gallery.count_faces(other, FaceFilter()) == 0
    storage.gallery.delete_face(group, faces[0].face_id)
    assert storage.gallery.count_faces(group, FaceFilter()) == 2


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("MINJUN", ["kim.minjun"]),
        ("kim", ["KIM_2", "kim.minjun"]),
        ("_", ["KIM_2"]),
        ("%", ["100%"]),
        ("/", ["a/b"]),
        ("\\", ["a\\b"]),
        ("k%n", []),
        ("k_m", []),
        ("", ["a\\b", "a/b", "100%", "KIM_2", "kim.minjun"]),
    ],
)
def test_wildcards_and_escapes_are_taken_literally(
    storage: Stores, group: Group, part: str, expected: list[str]
) -> None:
    made = [None, "kim.minjun", "KIM_2", "100%", "a/b", "a\\b"]
    row = unit_rows(1)[0]
    storage.gallery.add(group, [new_face(row, external_image_id=label) for label in made], quota=10)
    listed = storage.gallery.list_faces(group, FaceFilter(label_contains=part), None, 10)
    assert [face.external_image_id for face in listed] == expected


def test_what_no_database_can_store_is_not_found(storage: Stores, group: Group) -> None:
    storage.gallery.add(group, [new_face(unit_rows(1)[0], external_image_id="kim")], quota=10)
    for where in (FaceFilter(face_id="a\0b"), FaceFilter(image_id="\0"), FaceFilter(external_image_id="kim\0")):
        assert storage.gallery.list_faces(group, where, None, 10) == []
    with pytest.raises(ServiceError) as caught:
        storage.gallery.delete_face(group, "\0")
    assert caught.value.code is ErrorCode.FACE_NOT_FOUND
    assert storage.apps.find_app("app\0") is None
    for asked in (
        AuditFilter(app="app\0"),
        AuditFilter(operation="\0"),
        AuditFilter(group="\0group"),
        AuditFilter(faces=("\0",)),
    ):
        assert storage.audit.page(asked, None, 10) == []


def test_what_was_stored_is_what_is_read(storage: Stores, group: Group) -> None:
    before = datetime.now(UTC)
    face = NewFace("f-1", "i-1", "ext.1", Box(0.125, 0.25, 0.5, 1.0), 0.987654321, unit_rows(1)[0])
    [stored] = storage.gallery.add(group, [face], quota=1)
    assert (stored.face_id, stored.image_id, stored.external_image_id) == ("f-1", "i-1", "ext.1")
    assert (stored.box, stored.detection_score) == (face.box, face.detection_score)
    assert before <= stored.created_at <= datetime.now(UTC)
    assert storage.gallery.require_face(group, "f-1") == stored
    assert storage.gallery.open_template(group, "f-1").tobytes() == face.embedding.tobytes()
