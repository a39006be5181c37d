"""Pictures with faces in known places."""

from __future__ import annotations

import cv2
import numpy as np

from tests.vision.pictures import Array
from visavis.types import Box, DetectedFace, Traits
from visavis.vision.analyzer import Analyzer
from visavis.vision.decode import DecodedPicture


def picture_of(rgb: Array) -> DecodedPicture:
    return DecodedPicture(np.ascontiguousarray(rgb[..., ::-1], np.uint8))


def faces_in(analyzer: Analyzer, rgb: Array) -> list[DetectedFace]:
    return analyzer.find(picture_of(rgb))


def the_face(analyzer: Analyzer, rgb: Array, *, pose: bool = False) -> DetectedFace:
    """The only face of a picture."""
    picture = picture_of(rgb)
    (face,) = analyzer.describe(picture, analyzer.find(picture), Traits(pose=pose))
    return face


def cut_out(rgb: Array, box: Box, margin: float) -> Array:
    """The box, grown by a part of its size on each side as far as the picture goes, or shrunk (below 0)."""
    across, down = margin * box.width, margin * box.height
    rows = slice(max(0, round(box.y0 - down)), round(box.y1 + down))
    columns = slice(max(0, round(box.x0 - across)), round(box.x1 + across))
    return rgb[rows, columns]


def scaled(rgb: Array, factor: float) -> Array:
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(rgb, None, fx=factor, fy=factor, interpolation=method))


def backdrop(width: int, height: int) -> Array:
    """Smooth colours with some noise: something, but no face."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    waves = [np.sin(x / 37) * np.cos(y / 53), np.sin((x + y) / 71), np.cos(x / 91) * np.sin(y / 29)]
    noise = np.random.default_rng(0).normal(0, 6, (height, width, 1)).astype(np.float32)
    return (127 + 60 * np.dstack(waves) + noise).clip(0, 255).astype(np.uint8)


def overlap(first: Box, second: Box) -> float:
    """Intersection over union."""
    width = min(first.x1, second.x1) - max(first.x0, second.x0)
    height = min(first.y1, second.y1) - max(first.y0, second.y0)
    shared = max(width, 0.0) * max(height, 0.0)
    return shared / (first.area + second.area - shared)
