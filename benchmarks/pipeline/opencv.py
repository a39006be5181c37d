"""The same weights through OpenCV's own runners, as its documentation uses them."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.pictures import Picture
from visavis.settings import Settings
from visavis.vision.models import SFACE_NETWORK, YUNET
from visavis.vision.store import ModelStore

_LONG_SIDE = 640
"""What the picture is shrunk to for detection, and not for recognition."""
_SCORE, _OVERLAP, _MOST = 0.6, 0.3, 5000


class OpenCV:
    """`FaceDetectorYN` and `FaceRecognizerSF`, one thread."""

    def __init__(self) -> None:
        cv2.setNumThreads(1)
        store = ModelStore(Settings().models_dir)
        side = (_LONG_SIDE, _LONG_SIDE)
        self._detector = cv2.FaceDetectorYN.create(str(store.path(YUNET)), "", side, _SCORE, _OVERLAP, _MOST)
        self._recognizer = cv2.FaceRecognizerSF.create(str(store.path(SFACE_NETWORK)), "")

    def detect(self, picture: Picture) -> Callable[[], object]:
        return lambda: self._faces(_decoded(picture))

    def embed(self, picture: Picture) -> Callable[[], object]:
        """Find the faces and embed the largest."""

        def call() -> object:
            pixels = _decoded(picture)
            largest = max(self._faces(pixels), key=lambda face: float(face[2] * face[3]))
            return self._recognizer.feature(self._recognizer.alignCrop(pixels, largest))

        return call

    def _faces(self, pixels: cv2.typing.MatLike) -> NDArray[np.float32]:
        height, width = pixels.shape[:2]
        scale = min(1.0, _LONG_SIDE / max(width, height))
        small = cv2.resize(pixels, None, fx=scale, fy=scale) if scale < 1 else pixels
        self._detector.setInputSize((small.shape[1], small.shape[0]))
        faces = np.asarray(self._detector.detect(small)[1], np.float32)
        return np.asarray(faces / np.array([scale] * 14 + [1], np.float32), np.float32)


def _decoded(picture: Picture) -> cv2.typing.MatLike:
    pixels = cv2.imdecode(np.frombuffer(picture.data, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return pixels
