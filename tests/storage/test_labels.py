"""Faces looked for by a part of their label, the external image id."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.storage.faces import new_face, unit_rows
from tests.properties import examples
from visavis.identities import App
from visavis.storage.store import Storage, open_storage
from visavis.types import FaceFilter


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
