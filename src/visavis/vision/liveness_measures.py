"""Colour and detail of a face and of its surroundings: what a print or a screen changes besides what networks see.

A print is paler than the room that it is held in, a screen bluer and brighter, and both are soft where the room is
sharp. No single measure tells an attack; together with the networks' answers they do (docs/decisions/0068).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.vision.decode import Pixels

SIDE = 128
"""Pixels; parts are brought to this side before they are measured."""
_LEVELS = 5
"""Levels of detail, each twice as coarse as the one before."""
_TINY = 0.05
MEASURES = 12 + _LEVELS


def measures(part: Pixels) -> NDArray[np.float64]:
    """The measures of a part of a picture, (128, 128, 3) BGR: shape (17,).

    Means and deviations of light, red and blue difference, saturation and brightness, the first and the last
    percentile of brightness, and the logarithm of the detail at five sizes. All but detail in grey values, 0-255.
    """
    light, saturation, bright = _channels(part)
    means, deviations = light.mean(axis=(0, 1)), light.std(axis=(0, 1))
    spans = [*np.percentile(bright, (1, 99))]
    colour = [saturation.mean(), saturation.std(), bright.mean(), bright.std()]
    return np.array([*means, *deviations, *colour, *spans, *_detail(light[..., 0])], np.float64)


def _channels(part: Pixels) -> tuple[NDArray[np.float32], NDArray[np.uint8], NDArray[np.uint8]]:
    hsv = np.asarray(cv2.cvtColor(part, cv2.COLOR_BGR2HSV), np.uint8)
    return cv2.cvtColor(part, cv2.COLOR_BGR2YCrCb).astype(np.float32), hsv[..., 1], hsv[..., 2]


def _detail(light: NDArray[np.float32]) -> list[float]:
    """What each halving of the size takes away."""
    found = []
    for _ in range(_LEVELS):
        smaller = cv2.pyrDown(light)
        lost = light - cv2.pyrUp(smaller, dstsize=light.shape[::-1])
        found.append(float(np.log(np.abs(lost).mean() + _TINY)))
        light = np.asarray(smaller, np.float32)
    return found
