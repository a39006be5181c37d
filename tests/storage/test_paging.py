"""Pages stay consistent while faces come and go."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.storage.faces import new_faces
from tests.properties import examples
from visavis.identities import App
from visavis.storage.store import Storage, open_storage
from visavis.types import FaceFilter


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Storage, App]]:
    storage = open_storage(tmp_path_factory.mktemp("paging"))
    yield storage, storage.apps.create_app("app", {})
    storage.close()


between_pages = st.lists(st.one_of(st.just("add"), st.integers(0, 30)), max_size=3)
"""What happens between two pages: a face is added, or the face of this place in the list deleted."""


@examples(30)
@given(st.integers(0, 20), st.integers(1, 6), st.lists(between_pages, max_size=4))
def test_nothing_that_stayed_is_skipped_or_repeated(
    shared: tuple[Storage, App], count: int, limit: int, happenings: list[list[str | int]]
) -> None:
    storage, app = shared
    group = storage.gallery.create_group(app, str(uuid4()), "sface", quota=10_000)
    present = [record.face_id for record in storage.gallery.add(group, new_faces(count, width=2), quota=100)]
    deleted, late, seen = list[str](), list[str](), list[str]()
    before: int | None = None
    todo = iter(happenings)
    while page := storage.gallery.list_faces(group, FaceFilter(), before, limit):
        assert not {face.face_id for face in page} & {*deleted, *late, *seen}
        seen += [face.face_id for face in page]
        before = page[-1].sequence
        for happening in next(todo, []):
            if happening == "add":
                late += [record.face_id for record in storage.gallery.add(group, new_faces(1, width=2), quota=100)]
            elif isinstance(happening, int) and happening < len(present):
                deleted.append(present.pop(happening))
                storage.gallery.delete_face(group, deleted[-1])
    assert [face_id for face_id in reversed(seen) if face_id in present] == present
