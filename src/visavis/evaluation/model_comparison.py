"""Recognition models side by side on the same faces: whether another one is better, if the pictures show it.

Each model accepts a pair above a threshold of its own, that of a false match rate. People are drawn anew for the
intervals, the same for every model, so that a difference is known better than the two rates that it is made of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.core.calibration import Calibration
from visavis.evaluation.comparisons import Comparisons
from visavis.evaluation.intervals import Interval, percentile_interval, rates_of_draws
from visavis.evaluation.verification import FMRS, SIMILARITIES, TAR_AT

_FMRS = {name: FMRS[name] for name in TAR_AT}


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """The result of one model on the faces."""

    model: str
    compared: Comparisons
    scale: Calibration | None
    """The similarity scale; None if the model has none yet."""
    scale_name: str
    """Description of the scale for the table: from the card, own, or none yet and how to make one."""
    file_bytes: int
    """Size of all its files together."""
    seconds: float
    """Median processor time for one face."""


def summary(models: Sequence[Measured], resamples: int, seed: int) -> dict[str, Any]:
    """All figures, as the command prints them in JSON: each model, then each but the first against the first.

    Rates are shares, 0-1; None: nothing to measure on.
    """
    first = models[0].compared
    draws = [_draws(each, resamples, seed) for each in models]
    return {
        "people": len(np.unique(first.people)),
        "genuine": len(first.genuine),
        "impostor": first.impostor_count,
        "beyond_the_pairs": [name for name, fmr in _FMRS.items() if fmr * first.impostor_count < 1 - 1e-9],
        "models": [_of_model(each, drawn) for each, drawn in zip(models, draws, strict=True)],
        "differences": [
            _difference(models[0], other, drawn - draws[0])
            for other, drawn in zip(models[1:], draws[1:], strict=True)
        ],
    }


def _draws(measured: Measured, resamples: int, seed: int) -> NDArray[np.float64]:
    """A row a draw: the TAR at each false match rate, then the false match rate at each similarity, or NaN."""
    cosines = [np.nan if measured.scale is None else measured.scale.cosine(each) for each in SIMILARITIES.values()]
    known = np.nan_to_num(cosines).tolist()
    rates = rates_of_draws(measured.compared, list(_FMRS.values()), known, resamples, seed)
    drawn = rates[:, : len(_FMRS) + len(known)]
    drawn[:, len(_FMRS) :][:, np.isnan(cosines)] = np.nan
    return drawn


def _of_model(measured: Measured, drawn: NDArray[np.float64]) -> dict[str, object]:
    compared, scale = measured.compared, measured.scale
    intervals = [percentile_interval(column.tolist()) for column in drawn.T]
    return {
        "model": measured.model,
        "scale": measured.scale_name,
        "file_bytes": measured.file_bytes,
        "ms_per_face": 1000 * measured.seconds,
        "tar_at_far": _tars(compared),
        "fmr_at_similarity": {
            name: None if scale is None else compared.fmr(scale.cosine(similarity))
            for name, similarity in SIMILARITIES.items()
        },
        "intervals": {
            "tar_at_far": dict(zip(_FMRS, intervals[: len(_FMRS)], strict=True)),
            "fmr_at_similarity": dict(zip(SIMILARITIES, intervals[len(_FMRS) :], strict=True)),
        },
    }


def _tars(compared: Comparisons) -> dict[str, float | None]:
    return {name: compared.tar(compared.threshold(fmr)) for name, fmr in _FMRS.items()}


def _difference(first: Measured, other: Measured, drawn: NDArray[np.float64]) -> dict[str, object]:
    pairs = zip(_tars(first.compared).items(), _tars(other.compared).values(), strict=True)
    differences = {name: None if a is None or b is None else b - a for (name, a), b in pairs}
    intervals = {
        name: percentile_interval(column.tolist())
        for name, column in zip(_FMRS, drawn.T[: len(_FMRS)], strict=True)
    }
    return {
        "model": other.model,
        "against": first.model,
        "tar_at_far": differences,
        "interval": intervals,
        "verdict": {name: verdict(interval) for name, interval in intervals.items()},
    }


def verdict(interval: Interval | None) -> str:
    """The conclusion from the interval of a difference: `better`, `worse`, or `not shown`."""
    if interval is None or interval[0] <= 0 <= interval[1]:
        return "not shown"
    return "better" if interval[0] > 0 else "worse"
