"""Aligns a face by its five landmarks: the upright crop that a recognition network is trained on."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.types import Landmarks
from visavis.vision.decode import DecodedPicture, Pixels
from visavis.vision.geometry import similarity_transform
from visavis.vision.models import ARCFACE, Alignment, View

_AS_IT_IS = View()


def align(
    picture: DecodedPicture, landmarks: Landmarks, alignment: Alignment = ARCFACE, view: View = _AS_IT_IS
) -> Pixels:
    """The face, turned and scaled so that its landmarks lie where the alignment wants them, and seen by the view.

    Shape (side, side, 3), BGR. Black where the picture ends.
    """
    points = landmarks.as_array().astype(np.float64)
    aligned = crop(picture, similarity_transform(points, _template(alignment, view)), alignment.side)
    return np.asarray(aligned[:, ::-1]) if view.mirrored else aligned


def _template(alignment: Alignment, view: View) -> NDArray[np.float64]:
    """The landmarks in the crop before the view mirrors it, shape (5, 2)."""
    template = np.array(alignment.points)
    if view.scale != 1:
        template = (template - alignment.side / 2) * view.scale + alignment.side / 2
    return template + view.shift


def crop(picture: DecodedPicture, transform: NDArray[np.float64], side: int) -> Pixels:
    """The square of `side` px that the similarity `transform`, shape (2, 3), cuts out of the picture.

    Where it shrinks the picture by more than half, the picture is taken at a part of its size: interpolation alone
    would skip pixels.
    """
    pixels, factor = picture.at(math.hypot(transform[0, 0], transform[1, 0]))
    middle = (factor - 1) / 2  # of the pixels that one pixel stands for
    to_picture = np.array([[factor, 0, middle], [0, factor, middle], [0, 0, 1]], np.float64)
    return np.asarray(cv2.warpAffine(pixels, transform @ to_picture, (side, side)), np.uint8)
