"""The poorness of a picture of a face, 0 to 1, by measures that do not depend on the person (docs/decisions/0041).

Most pictures have 0. A logistic regression over the measures and their products tells poor pictures (blurred,
dark, grainy, overexposed, compressed, with sunglasses) from good ones; training/comparability/poorness.py fits it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from visavis.vision.decode import Pixels
from visavis.vision.measures import MEASURES, measures


@dataclass(frozen=True, slots=True)
class _Regression:
    mean: NDArray[np.float64]
    """Means of the measures, shape (m,)."""
    spread: NDArray[np.float64]
    """Standard deviations of the measures, shape (m,)."""
    weights: NDArray[np.float64]
    """Weights of the terms, shape (m + m (m + 1) / 2,)."""
    start: float
    """The sum from which on a picture is poor at all."""
    width: float
    """The sum above it at which it cannot be poorer."""


def poorness(crop: Pixels) -> float:
    """How poor the picture of a face is, from its aligned crop, (112, 112, 3) BGR: 0 good, 1 poor."""
    return float(poorness_of(measures(crop)[np.newaxis])[0])


def poorness_of(seen: NDArray[np.floating]) -> NDArray[np.float64]:
    """How poor pictures are, shape (n,), from their measures, shape (n, m)."""
    fitted = _fitted()
    total = terms((seen - fitted.mean) / fitted.spread) @ fitted.weights
    return np.asarray(np.clip((total - fitted.start) / fitted.width, 0, 1))


def terms(scaled: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scaled measures, shape (n, m), and the products of every two of them, squares included: shape (n, k)."""
    first, second = _every_two(scaled.shape[1])
    return np.hstack([scaled, scaled[:, first] * scaled[:, second]])


@cache
def _every_two(count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    return np.triu_indices(count)


@cache
def _fitted() -> _Regression:
    content = json.loads(resources.files("visavis.vision").joinpath("calibration", "poorness.json").read_bytes())
    if tuple(content["measures"]) != MEASURES:
        raise ValueError("poorness.json was fitted on other measures")
    mean, spread, weights = (np.array(content[name], np.float64) for name in ("mean", "spread", "weights"))
    return _Regression(mean, spread, weights, content["start"], content["width"])
