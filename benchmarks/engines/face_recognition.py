"""face_recognition, which is dlib: `face_encodings` of a file, and `face_distance` to those that are known."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import face_recognition
import numpy as np

from benchmarks.engines.gallery import InMemory
from benchmarks.engines.protocol import Found, Vector


class FaceRecognition(InMemory):
    """The default detector (HOG), the default landmarks, Euclidean distances."""

    PACKAGES = ("face-recognition", "dlib-bin")
    dtype = np.float64

    def nearest(self, gallery: Vector, vector: Vector) -> int:
        return int(face_recognition.face_distance(gallery, vector).argmin())

    def faces(self, file: str) -> list[Found]:
        picture = face_recognition.load_image_file(file)
        boxes = face_recognition.face_locations(picture)
        vectors = face_recognition.face_encodings(picture, boxes)
        return [
            Found(left, top, right - left, bottom - top, vector)
            for (top, right, bottom, left), vector in zip(boxes, vectors, strict=True)
        ]


def open_engine(_weights: Path, _folder: Path) -> AbstractContextManager[FaceRecognition]:
    """The engine; its weights are a package of its environment."""
    return nullcontext(FaceRecognition())
