"""Pictures to aligned face crops, by the product's own detector and aligner, with a margin to jitter in.

A crop is 144x144 BGR: the 112x112 face that the product cuts, with 16 more pixels on each side.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.vision.align import crop
from visavis.vision.decode import DecodedPicture
from visavis.vision.detect import Detector
from visavis.vision.geometry import similarity_transform
from visavis.vision.mask import network_input

MARGIN = 16
SIDE = 112
CROP = SIDE + 2 * MARGIN
TEMPLATE = np.array(
    [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)]
)
"""Where the landmarks of an aligned face lie; ArcFace (Deng et al., CVPR 2019)."""

Image = NDArray[np.uint8]
Points = NDArray[np.float64]


@dataclass(frozen=True)
class Found:
    """A face: five points, shape (5, 2), the shorter side of its box in pixels, the detector's score."""

    points: Points
    size: float
    score: float


def largest(detector: Detector, picture: Image, long_side: int, border: float) -> Found | None:
    """The largest face after a grey border (a fraction of each side) and a resize to `long_side`.

    Small pictures have to grow, or their faces would be below the product's 60 px; tight ones need the border.
    """
    height, width = picture.shape[:2]
    top, left = round(border * height), round(border * width)
    padded = cv2.copyMakeBorder(picture, top, top, left, left, cv2.BORDER_CONSTANT, value=(128, 128, 128))
    scale = long_side / max(padded.shape[:2])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    faces = detector.find(
        DecodedPicture(np.asarray(cv2.resize(padded, None, fx=scale, fy=scale, interpolation=how)))
    )
    if not faces:
        return None
    points = faces[0].landmarks.as_array().astype(np.float64) / scale - (left, top)
    return Found(points, min(faces[0].box.width, faces[0].box.height) / scale, faces[0].detection_score)


def to_template(points: Points) -> NDArray[np.float64]:
    """The similarity transform from picture to template pixels, shape (2, 3)."""
    return similarity_transform(points, TEMPLATE)


def wide_crop(picture: Image, points: Points) -> Image:
    """The aligned face with its margin, shape (144, 144, 3)."""
    transform = to_template(points)
    transform[:, 2] += MARGIN
    return crop(DecodedPicture(picture), transform, CROP)


def served(crops: Image) -> NDArray[np.float32]:
    """What the product feeds its network for wide crops (n, 144, 144, 3)."""
    inside = slice(MARGIN, MARGIN + SIDE)
    return np.stack([network_input(one[inside, inside]) for one in crops])
