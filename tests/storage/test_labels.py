"""Faces looked for by a part of their label, the external image id."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.storage.faces import new_face, unit_rows
from tests.properties import examples
from visavis.audit_events import AuditFilter
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import App
from visavis.storage.store import Storage, open_storage
from visavis.types import FaceFilter, Group


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Storage, App]]:
    storage = open_storage(tmp_path_factory.mktemp("labels"))
    yield storage, storage.apps.create_app("app", {})
    storage.close()


labels = st.text(r"aAbZ0_.-:%/\'", max_size=5)
"""Few letters in both cases, and all that a pattern could take for something else."""


@examples(100)
@given(st.lists(st.none() | labels, min_size=1, max_size=8), labels)
def test_a_part_is_found_in_any_case_and_every_other_character_is_itself(
    shared: tuple[Storage, App], made: list[str | None], part: str
) -> None:
    storage, app = shared
    group = storage.gallery.create_group(app, str(uuid4()), "sface", quota=10_000)
    row = unit_rows(1, width=2)[0]
    storage.gallery.add(group, [new_face(row, external_image_id=label) for label in made], quota=10)
    where = FaceFilter(label_contains=part)
    expected = [label for label in reversed(made) if label is not None and part.lower() in label.lower()]
    assert [face.external_image_id for face in storage.gallery.list_faces(group, where, None, 10)] == expected
    assert storage.gallery.count_faces(group, where) == len(expected)


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
    storage: Storage, group: Group, part: str, expected: list[str]
) -> None:
    made = [None, "kim.minjun", "KIM_2", "100%", "a/b", "a\\b"]
    row = unit_rows(1)[0]
    storage.gallery.add(group, [new_face(row, external_image_id=label) for label in made], quota=10)
    listed = storage.gallery.list_faces(group, FaceFilter(label_contains=part), None, 10)
    assert [face.external_image_id for face in listed] == expected


def test_what_no_database_can_store_is_not_found(storage: Storage, group: Group) -> None:
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
        AuditFilter(face="\0"),
    ):
        assert storage.audit.page(asked, None, 10) == []
