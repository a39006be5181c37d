"""Faces: stored, listed, opened, deleted, counted."""

from __future__ import annotations

from datetime import UTC, datetime

from harness.storage.faces import unit_rows
from tests.storage.conftest import OpenStorage
from visavis.storage.store import Storage
from visavis.types import Box, Group, NewFace


def test_what_was_stored_is_what_is_read(storage: Storage, group: Group, open_again: OpenStorage) -> None:
    before = datetime.now(UTC)
    face = NewFace("f-1", "i-1", "ext.1", Box(0.125, 0.25, 0.5, 1.0), 0.987654321, unit_rows(1)[0])
    [stored] = storage.gallery.add(group, [face], quota=1)
    assert (stored.face_id, stored.image_id, stored.external_image_id) == ("f-1", "i-1", "ext.1")
    assert (stored.box, stored.detection_score) == (face.box, face.detection_score)
    assert before <= stored.created_at <= datetime.now(UTC)
    assert stored.created_at.tzinfo is UTC
    other = open_again().gallery
    assert other.require_face(group, "f-1") == stored
    assert other.open_template(group, "f-1").tobytes() == face.embedding.tobytes()
