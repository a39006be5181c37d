"""Comparability: whether a picture of a face is good enough to be compared at all.

Networks answer faces without detail alike, whoever they show: two strangers in two blurred pictures match.
Three faults do that, besides showing nothing at all; each is measured on the aligned crop: blur (detail of 1-2
px against that of 2-4 px), darkness (light, contrast, and how many grey levels are left), and compression (even
areas, and grey levels again). No measure knows who the face is. A fault is a weighted sum of measures, and the
limit is where it is 0. Weights and limits are fitted by training/comparability/fit.py (docs/decisions/0041,
docs/robustness.md).
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from visavis.types import Comparability, QualityDefect
from visavis.vision.decode import Pixels
from visavis.vision.measures import MEASURES, measures

FAULTS = {
    QualityDefect.BLURRED: ("fine detail", "coarse detail"),
    QualityDefect.TOO_DARK: ("contrast", "light", "grey levels"),
    QualityDefect.COMPRESSED: ("grey levels", "evenness"),
    QualityDefect.LOW_CONTRAST: ("coarse detail",),
}
"""The measures that show each fault."""


@dataclass(frozen=True, slots=True)
class _Limit:
    weights: NDArray[np.float64]
    """For all MEASURES, shape (11,); 0 where the fault is not seen by one."""
    offset: float


def assess_comparability(crop: Pixels) -> Comparability:
    """How far a face is from being too poor to be compared, from its aligned crop, (112, 112, 3) BGR."""
    return comparability_of(measures(crop))


def comparability_of(seen: NDArray[np.float64]) -> Comparability:
    """How far a face is from being too poor to be compared, from its measures, shape (m,)."""
    faults = {defect: float(seen @ limit.weights + limit.offset) for defect, limit in _limits().items()}
    worst = max(faults, key=lambda defect: faults[defect])
    return Comparability(100 / (1 + math.exp(min(faults[worst], 100))), worst)


@cache
def _limits() -> dict[QualityDefect, _Limit]:
    content = json.loads(
        resources.files("visavis.vision").joinpath("calibration", "comparability.json").read_bytes()
    )
    return {
        defect: _Limit(np.array([limit["weights"].get(name, 0.0) for name in MEASURES]), limit["offset"])
        for defect in FAULTS
        for limit in [content["faults"][defect.value]]
    }
