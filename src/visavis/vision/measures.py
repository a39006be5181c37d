"""Measures of a picture of a face that do not depend on the person."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.vision.decode import Pixels

MEASURES = (
    "finest detail",
    "fine detail",
    "coarse detail",
    "grain",
    "contrast",
    "light",
    "grey levels",
    "evenness",
    "white",
    "light of the eyes",
    "contrast of the eyes",
)
_INSIDE = np.s_[24:104, 20:92]
"""The part of an aligned crop, side 112, that is face whatever the hair."""
_EYES = (np.s_[46:58, 30:46], np.s_[46:58, 66:82])
_BELOW_THE_EYES = np.s_[70:96, 36:76]
_BLACK, _WHITE = 16, 245
"""Beyond these, areas are even because they are black or white, not because they were compressed."""
_OVEREXPOSED = 250
_SECOND_DIFFERENCES = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_TINY = 0.05


def measures(crop: Pixels) -> NDArray[np.float64]:
    """The MEASURES of an aligned crop, (112, 112, 3) BGR: shape (11,).

    Details (what blurs of 1, 2 and 4 px take away), grain, contrast and light are natural logarithms of grey
    values; grey levels are the entropy of their histogram in bits; evenness is the share of pixels that hardly
    differ from their neighbours, white that of overexposed ones; the light of the eyes is the logarithm of their
    light in parts of that of the face below them.
    """
    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY).astype(np.float32)
    inside = grey[_INSIDE]
    soft, softer, softest = (cv2.GaussianBlur(grey, (0, 0), deviation)[_INSIDE] for deviation in (1.0, 2.0, 4.0))
    grain = np.abs(cv2.filter2D(grey, cv2.CV_32F, _SECOND_DIFFERENCES))[_INSIDE].mean()
    shares = np.bincount(inside.astype(np.uint8).ravel(), minlength=256) / inside.size
    shares = shares[shares > 0]
    steps = np.abs(np.diff(grey, axis=1))[_INSIDE] + np.abs(np.diff(grey, axis=0))[_INSIDE]
    between = (inside > _BLACK) & (inside < _WHITE)
    eyes = np.concatenate([grey[eye].ravel() for eye in _EYES])
    return np.array(
        [
            math.log(np.abs(inside - soft).mean() + _TINY),
            math.log(np.abs(soft - softer).mean() + _TINY),
            math.log(np.abs(softer - softest).mean() + _TINY),
            math.log(grain * math.sqrt(math.pi / 2) / 6 + _TINY),
            math.log(inside.std() + 1),
            math.log(inside.mean() + 1),
            -(shares * np.log2(shares)).sum(),
            ((steps < 1) & between).sum() / (between.sum() + 50),
            (inside > _OVEREXPOSED).mean(),
            math.log((np.median(eyes) + 2) / (np.median(grey[_BELOW_THE_EYES]) + 2)),
            math.log(eyes.std() + 1),
        ]
    )
