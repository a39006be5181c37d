"""Pictures made worse in one way each; BGR, uint8."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.types import DetectedFace
from visavis.vision.decode import Pixels

Moved: TypeAlias = NDArray[np.float64]
"""Where the pixels of the picture went, shape (2, 3)."""
Worsen: TypeAlias = Callable[[Pixels, DetectedFace], tuple[Pixels, Moved]]
"""From a picture and the face that it is about."""

_STAYS: Moved = np.array([[1.0, 0, 0], [0, 1, 0]])


def turned(degrees: float) -> Worsen:
    """Clockwise, on a canvas that has room for it."""

    def worsen(pixels: Pixels, _: DetectedFace) -> tuple[Pixels, Moved]:
        height, width = pixels.shape[:2]
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
        cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
        room = round(width * cos + height * sin), round(width * sin + height * cos)
        matrix[:, 2] += room[0] / 2 - width / 2, room[1] / 2 - height / 2
        return np.asarray(cv2.warpAffine(pixels, matrix, room), np.uint8), np.asarray(matrix, np.float64)

    return worsen


def face_of(side: float) -> Worsen:
    """The shorter side of the face box gets this many pixels."""
    return lambda pixels, face: _scaled(pixels, side / min(face.box.width, face.box.height))


def megapixels(count: float) -> Worsen:
    return lambda pixels, _: _scaled(pixels, (count * 1e6 / (pixels.shape[0] * pixels.shape[1])) ** 0.5)


def _scaled(pixels: Pixels, factor: float) -> tuple[Pixels, Moved]:
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    scaled = np.asarray(cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=method), np.uint8)
    across, down = scaled.shape[1] / pixels.shape[1], scaled.shape[0] / pixels.shape[0]
    return scaled, np.array([[across, 0, 0], [0, down, 0]])


def in_place(change: Callable[[Pixels], NDArray[np.floating] | Pixels | cv2.typing.MatLike]) -> Worsen:
    return lambda pixels, _: (np.asarray(change(pixels)).clip(0, 255).astype(np.uint8), _STAYS)


def grey(pixels: Pixels) -> cv2.typing.MatLike:
    return cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)


def jpeg(pixels: Pixels) -> Pixels:
    file = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 10])[1]
    return np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR), np.uint8)


def noisy(pixels: Pixels) -> NDArray[np.floating]:
    return pixels + np.random.default_rng(0).normal(0, 30, pixels.shape)


def sunglasses(pixels: Pixels, face: DetectedFace) -> tuple[Pixels, Moved]:
    """Two black discs and a bridge: drawn, since no set of ours has real ones."""
    drawn = pixels.copy()
    left, right = np.array(face.landmarks.left_eye), np.array(face.landmarks.right_eye)
    between = float(np.hypot(*(right - left)))
    for eye in (left, right):
        axes = round(0.38 * between), round(0.28 * between)
        centre = (round(eye[0]), round(eye[1] + 0.05 * between))
        cv2.ellipse(drawn, centre, axes, 0, 0, 360, (12, 12, 12), -1, cv2.LINE_AA)
    ends = [(round(x), round(y)) for x, y in (left, right)]
    cv2.line(drawn, ends[0], ends[1], (12, 12, 12), max(1, round(0.08 * between)), cv2.LINE_AA)
    return drawn, _STAYS


WAYS: Mapping[str, Worsen] = {
    "as they are": in_place(lambda pixels: pixels),
    "turned by 90 degrees": turned(90),
    "turned by 180 degrees": turned(180),
    "turned by 270 degrees": turned(270),
    "tilted by 30 degrees": turned(30),
    "tilted by 60 degrees": turned(60),
    "tilted by 120 degrees": turned(120),
    "tilted by 150 degrees": turned(150),
    "face of 62 pixels": face_of(62),
    "enlarged to 12 megapixels": megapixels(12),
    "black and white": in_place(grey),
    "overexposed (x 2)": in_place(lambda pixels: pixels * 2.0),
    "dark (x 0.15)": in_place(lambda pixels: pixels * 0.15),
    "JPEG quality 10": in_place(jpeg),
    "noise, standard deviation 30": in_place(noisy),
    "blurred, standard deviation 3 px": in_place(lambda pixels: cv2.GaussianBlur(pixels, (0, 0), 3)),
    "sunglasses (drawn)": sunglasses,
}
