"""Whether a picture of a face holds enough to be compared at all.

Networks answer faces without detail alike, whoever they show: two strangers in two blurred pictures match. Three
faults do that, and each is measured on the aligned crop: blur (detail of 1-2 px against that of 2-4 px), darkness
(light, contrast, and how many grey levels are left), and compression (even areas, and grey levels again). No
measure knows who the face is. A fault is a weighted sum of measures, and the limit is where it is 0. Weights
and limits are fitted by training/comparability/fit.py (docs/decisions/0041, docs/robustness.md).
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from importlib import resources

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.types import Comparability, Flaw
from visavis.vision.decode import Pixels

MEASURES = ("fine detail", "coarse detail", "contrast", "light", "grey levels", "evenness")
FAULTS = {
    Flaw.BLURRED: ("fine detail", "coarse detail"),
    Flaw.TOO_DARK: ("contrast", "light", "grey levels"),
    Flaw.COMPRESSED: ("grey levels", "evenness"),
}
"""What each fault is seen by."""
_INSIDE = np.s_[24:104, 20:92]
"""The part of an aligned crop, side 112, that is face whatever the hair."""
_BLACK, _WHITE = 16, 245
"""Beyond these, areas are even because they are black or white, not because they were compressed."""
_TINY = 0.05


@dataclass(frozen=True, slots=True)
class _Limit:
    weights: NDArray[np.float64]
    """For all MEASURES, shape (6,); 0 where the fault is not seen by one."""
    offset: float


def assess_comparability(crop: Pixels) -> Comparability:
    """How far a face is from being too poor to be compared, from its aligned crop, (112, 112, 3) BGR."""
    seen = measures(crop)
    faults = {flaw: float(seen @ limit.weights + limit.offset) for flaw, limit in _limits().items()}
    worst = max(faults, key=lambda flaw: faults[flaw])
    return Comparability(100 / (1 + math.exp(min(faults[worst], 100))), worst)


def measures(crop: Pixels) -> NDArray[np.float64]:
    """The MEASURES of an aligned crop, shape (6,).

    Details, contrast and light are natural logarithms of grey values; grey levels are the entropy of their
    histogram in bits; evenness is the share, 0-1, of pixels that hardly differ from their neighbours.
    """
    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY).astype(np.float32)
    inside = grey[_INSIDE]
    soft, softer, softest = (cv2.GaussianBlur(grey, (0, 0), deviation)[_INSIDE] for deviation in (1.0, 2.0, 4.0))
    shares = np.bincount(inside.astype(np.uint8).ravel(), minlength=256) / inside.size
    shares = shares[shares > 0]
    steps = np.abs(np.diff(grey, axis=1))[_INSIDE] + np.abs(np.diff(grey, axis=0))[_INSIDE]
    between = (inside > _BLACK) & (inside < _WHITE)
    return np.array(
        [
            math.log(np.abs(soft - softer).mean() + _TINY),
            math.log(np.abs(softer - softest).mean() + _TINY),
            math.log(inside.std() + 1),
            math.log(inside.mean() + 1),
            -(shares * np.log2(shares)).sum(),
            ((steps < 1) & between).sum() / (between.sum() + 50),
        ]
    )


@cache
def _limits() -> dict[Flaw, _Limit]:
    content = json.loads(
        resources.files("visavis.vision").joinpath("calibration", "comparability.json").read_bytes()
    )
    return {
        flaw: _Limit(np.array([told["weights"].get(name, 0.0) for name in MEASURES]), told["offset"])
        for flaw in FAULTS
        for told in [content["faults"][flaw.value]]
    }
