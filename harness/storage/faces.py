"""Made-up faces with real unit vectors."""

from __future__ import annotations

from uuid import uuid4

import numpy as np

from visavis.types import Box, Embedding, NewFace


def unit_rows(count: int, width: int = 128, seed: int = 0) -> Embedding:
    """`count` random unit vectors, float32, shape (count, width)."""
    rows = np.random.default_rng(seed).standard_normal((count, width)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def new_face(
    embedding: Embedding,
    face_id: str | None = None,
    image_id: str = "image",
    external_image_id: str | None = None,
) -> NewFace:
    box = Box(0.1, 0.2, 0.3, 0.4)
    return NewFace(face_id or str(uuid4()), image_id, external_image_id, box, 0.9, embedding)


def new_faces(count: int, width: int = 128, seed: int = 0) -> list[NewFace]:
    return [new_face(row) for row in unit_rows(count, width, seed)]
