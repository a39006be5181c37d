"""The same weights through OpenCV's own runners, as its documentation uses them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.pictures import Picture
from benchmarks.pipeline.bare import Recording
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

    def same_work(self, recording: Recording) -> Callable[[], object]:
        """Find faces in every look of a request, one after the other, and embed every view that it embedded.

        That leaves out what the request does around its networks: resizing, cutting out, averaging.
        """
        looks = [look for batch in recording.inputs if takes_looks(batch) for look in batch]
        views = [_as_picture(view) for batch in recording.inputs if takes_views(batch) for view in batch]

        def call() -> None:
            for look in looks:
                self._detector.setInputSize((look.shape[1], look.shape[0]))
                self._detector.detect(look)
            for view in views:
                self._recognizer.feature(view)

        return call

    def _faces(self, pixels: cv2.typing.MatLike) -> NDArray[np.float32]:
        height, width = pixels.shape[:2]
        scale = min(1.0, _LONG_SIDE / max(width, height))
        small = cv2.resize(pixels, None, fx=scale, fy=scale) if scale < 1 else pixels
        self._detector.setInputSize((small.shape[1], small.shape[0]))
        faces = np.asarray(self._detector.detect(small)[1], np.float32)
        return np.asarray(faces / np.array([scale] * 14 + [1], np.float32), np.float32)


def same_networks(recording: Recording) -> Callable[[], object]:
    """Of the network runs of a request, those that OpenCV's runners can do too, in our runtime."""
    calls = [
        call
        for call, batch in zip(recording.networks, recording.inputs, strict=True)
        if takes_looks(batch) or takes_views(batch)
    ]

    def call() -> None:
        for one in calls:
            one()

    return call


def takes_looks(batch: NDArray[Any]) -> bool:
    """Is this what YuNet is given? No other network takes bytes."""
    return batch.dtype == np.uint8


def takes_views(batch: NDArray[Any]) -> bool:
    """Is this what SFace is given, where it is the recognition model? No other network takes such planes."""
    return batch.shape[1:] == (3, 112, 112)


def _as_picture(view: NDArray[np.float32]) -> NDArray[np.uint8]:
    """From planes of red, green and blue to the pixels that `FaceRecognizerSF` makes the same planes of."""
    return np.ascontiguousarray(view[::-1].transpose(1, 2, 0), np.uint8)


def _decoded(picture: Picture) -> cv2.typing.MatLike:
    pixels = cv2.imdecode(np.frombuffer(picture.data, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return pixels
