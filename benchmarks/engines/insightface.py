"""InsightFace's Python package: `FaceAnalysis(name).prepare()`, then `get(picture)`, as its README begins."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import cv2
from insightface.app import FaceAnalysis

from benchmarks.engines.gallery import InMemory
from benchmarks.engines.protocol import Found


class InsightFace(InMemory):
    """Detection at its default sizes, 128 and 640."""

    PACKAGES = ("insightface", "onnxruntime")

    def __init__(self, weights: Path) -> None:
        super().__init__()
        self._app = FaceAnalysis(name=str(weights))
        self._app.prepare()

    def faces(self, file: str) -> list[Found]:
        found = []
        for face in self._app.get(cv2.imread(file)):
            left, top, right, bottom = (float(side) for side in face.bbox)
            found.append(Found(left, top, right - left, bottom - top, face.normed_embedding))
        return found


def open_engine(weights: Path, _folder: Path) -> AbstractContextManager[InsightFace]:
    """The engine, with the models that lie in `weights`."""
    return nullcontext(InsightFace(weights))
