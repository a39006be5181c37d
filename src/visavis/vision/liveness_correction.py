"""Corrects the liveness networks by colour and detail of the face and of its surroundings (docs/decisions/0068).

A logistic regression over the measures and their products, fitted by training/liveness/fit.py. It is bounded: what
looks like an attack by its colours alone, such as a room lit in blue, must not outvote networks that are sure.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from visavis.vision.poorness import terms

SCALES = (1.0, 2.7)
"""Sizes of the parts that are measured, in face boxes: the face, and the face with its surroundings."""
_LARGEST_STEP = 1.5
"""Standard deviations; a measure further from its mean counts as this far."""
_MOST = 1.5
"""The largest correction of the log-odds, either way."""


@dataclass(frozen=True, slots=True)
class _Regression:
    mean: NDArray[np.float64]
    """Means of the measures, shape (m,)."""
    spread: NDArray[np.float64]
    """Standard deviations of the measures, shape (m,)."""
    weights: NDArray[np.float64]
    """Weights of the terms, shape (m + m (m + 1) / 2,)."""
    offset: float


def corrections(measured: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """What to add to the networks' log-odds of living faces: shape (n,), -1.5 to 1.5.

    `measured`: for each face the measures of the parts of SCALES, one after the other, shape (m,).
    """
    fitted = _fitted()
    return bounded(scaled_terms(np.array(measured), fitted.mean, fitted.spread) @ fitted.weights + fitted.offset)


def scaled_terms(
    measured: NDArray[np.float64], mean: NDArray[np.float64], spread: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What the regression weighs: shape (n, k), of measures, shape (n, m)."""
    return terms(((measured - mean) / spread).clip(-_LARGEST_STEP, _LARGEST_STEP))


def bounded(total: NDArray[np.float64]) -> NDArray[np.float64]:
    """The correction that sums of the regression come to."""
    return np.asarray(_MOST * np.tanh(total / _MOST))


@cache
def _fitted() -> _Regression:
    file = resources.files("visavis.vision").joinpath("calibration", "liveness-correction.json")
    content = json.loads(file.read_bytes())
    mean, spread, weights = (np.array(content[name], np.float64) for name in ("mean", "spread", "weights"))
    return _Regression(mean, spread, weights, content["offset"])
