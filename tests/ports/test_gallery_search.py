"""The gallery's searches: exact, best first, ties newest first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from harness.storage.faces import new_face, new_faces, unit_rows
from tests.ports.stores import Stores
from visavis.identities import App
from visavis.types import FaceFilter, FaceRecord, Group


def _ids(matches: Sequence[tuple[FaceRecord, float]]) -> list[str]:
    return [face.face_id for face, _ in matches]


def test_the_best_matches_come_first_with_their_cosines(storage: Stores, group: Group) -> None:
    rows = unit_rows(200)
    faces = [new_face(row) for row in rows]
    records = storage.gallery.add(group, faces, quota=1000)
    found = storage.gallery.search(group, rows[7], 10, -1.0)
    cosines = rows.astype(np.float64) @ rows[7].astype(np.float64)
    best = np.argsort(-cosines)[:10]
    assert [face for face, _ in found] == [records[position] for position in best]
    assert [cosine for _, cosine in found] == pytest.approx(cosines[best], abs=1e-12)


def test_ties_are_broken_newest_first(storage: Stores, group: Group) -> None:
    row = unit_rows(1)[0]
    faces = [new_face(row) for _ in range(20)]
    for batch in (faces[:5], faces[5:12], faces[12:]):
        storage.gallery.add(group, batch, quota=100)
    expected = [face.face_id for face in storage.gallery.list_faces(group, FaceFilter(), None, 100)]
    assert _ids(storage.gallery.search(group, row, 100, 0.5)) == expected
    assert _ids(storage.gallery.search(group, row, 3, 0.5)) == expected[:3]


def test_a_face_can_be_left_out(storage: Stores, app: App, group: Group) -> None:
    faces = new_faces(3)
    storage.gallery.add(group, faces, quota=10)
    _, itself = storage.gallery.require_template(app, group.name, faces[1].face_id)
    probe = itself.embedding
    assert probe.tobytes() == faces[1].embedding.tobytes()
    assert faces[1].face_id not in _ids(storage.gallery.search(group, probe, 10, -1.0, exclude=itself))
    assert len(storage.gallery.search(group, probe, 10, -1.0, exclude=itself)) == 2
    assert _ids(storage.gallery.search(group, probe, 1, -1.0)) == [faces[1].face_id]


def test_a_deleted_face_is_not_found_by_the_next_search(storage: Stores, group: Group) -> None:
    faces = new_faces(3)
    storage.gallery.add(group, faces, quota=10)
    for face in faces:
        assert _ids(storage.gallery.search(group, face.embedding, 1, 0.9)) == [face.face_id]
        storage.gallery.delete_face(group, face.face_id)
        assert storage.gallery.search(group, face.embedding, 1, 0.9) == []
