"""OpenCV's runners, `FaceDetectorYN` and `FaceRecognizerSF`, with the thresholds of their own sample."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.engines.gallery import InMemory
from benchmarks.engines.protocol import Found

_SCORE, _OVERLAP, _MOST = 0.9, 0.3, 5000


class OpenCV(InMemory):
    """Pictures at their own size. OpenCV's own call compares two faces, so the gallery is a matrix here too."""

    PACKAGES = ("opencv-python-headless",)

    def __init__(self, weights: Path) -> None:
        super().__init__()
        detector = str(weights / "face_detection_yunet_2023mar.onnx")
        self._detector = cv2.FaceDetectorYN.create(detector, "", (320, 320), _SCORE, _OVERLAP, _MOST)
        self._recognizer = cv2.FaceRecognizerSF.create(str(weights / "face_recognition_sface_2021dec.onnx"), "")

    def faces(self, file: str) -> list[Found]:
        pixels = cv2.imread(file)
        assert pixels is not None, file
        self._detector.setInputSize((pixels.shape[1], pixels.shape[0]))
        rows: Any = self._detector.detect(pixels)[1]
        found = []
        for row in () if rows is None else rows:
            aligned = self._recognizer.alignCrop(pixels, row[:-1])
            vector = np.asarray(self._recognizer.feature(aligned), np.float32)[0]
            left, top, width, height = (float(side) for side in row[:4])
            found.append(Found(left, top, width, height, vector / np.linalg.norm(vector)))
        return found


def open_engine(weights: Path, _folder: Path) -> AbstractContextManager[OpenCV]:
    """The engine, with the two models of OpenCV Zoo that lie in `weights`."""
    return nullcontext(OpenCV(weights))
