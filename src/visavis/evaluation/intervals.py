"""95 % confidence intervals of measured rates.

Pairs share people, so they are no independent trials: where people are known, people are drawn anew, with
replacement, and every pair counts as often as its people were drawn (the bootstrap of B. Efron 1979, by person).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from visavis.evaluation.comparisons import Comparisons

Interval: TypeAlias = tuple[float, float]
Weights: TypeAlias = NDArray[np.float64]
"""How often each person was drawn, shape (people,)."""

_MOST_PAIRS = 2_000_000
"""How many of the highest impostor pairs a resample uses."""


def wilson(events: int, trials: int) -> Interval | None:
    """The interval of a rate over independent trials (E. B. Wilson 1927); None where there was no trial.

    Sound where no or every trial was an event, which a bootstrap would call certain.
    """
    if not trials:
        return None
    z, rate = 1.959964, events / trials
    centre = rate + z * z / (2 * trials)
    spread = z * math.sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    low = 0.0 if not events else (centre - spread) / scale
    high = 1.0 if events == trials else (centre + spread) / scale
    return low, high


def draws_of_people(people: int, resamples: int, seed: int) -> Iterator[Weights]:
    """`resamples` times, how often each of `people` was drawn when as many were drawn with replacement."""
    generator = np.random.default_rng(seed)
    for _ in range(resamples):
        yield generator.multinomial(people, np.full(people, 1 / people)).astype(np.float64)


def percentile_interval(values: Sequence[float]) -> Interval | None:
    """From the 2.5th to the 97.5th percentile; None if any value is missing (NaN) or there are none.

    None too where both are the same: draws that never differ, as where no pair was accepted, do not bound a rate.
    """
    if not len(values) or np.isnan(values).any():
        return None
    low, high = np.percentile(values, [2.5, 97.5])
    return (float(low), float(high)) if low < high else None


def bootstrap_mean(values: NDArray[np.float64], resamples: int, seed: int) -> Interval | None:
    """The interval of the mean of independent values."""
    if not len(values):
        return None
    weights = draws_of_people(len(values), resamples, seed)
    return percentile_interval([float(values @ each) / len(values) for each in weights])


class Intervals(NamedTuple):
    """Intervals of the rates of comparisons; None if there is no interval."""

    tar_at_fmr: list[Interval | None]
    """One interval for each false match rate."""
    fmr_at_cosine: list[Interval | None]
    tar_at_cosine: list[Interval | None]


def of_comparisons(
    compared: Comparisons, fmrs: Sequence[float], cosines: Sequence[float], resamples: int, seed: int
) -> Intervals:
    """Intervals of the TAR at each false match rate, and of both rates at each cosine.

    None where a resample needs impostor pairs that were not kept, or nothing was compared or drawn.
    """
    rows = rates_of_draws(compared, fmrs, cosines, resamples, seed)
    found = [percentile_interval(rows[:, column].tolist()) for column in range(rows.shape[1])]
    first, second = len(fmrs), len(fmrs) + len(cosines)
    return Intervals(found[:first], found[first:second], found[second:])


def rates_of_draws(
    compared: Comparisons, fmrs: Sequence[float], cosines: Sequence[float], resamples: int, seed: int
) -> NDArray[np.float64]:
    """A row a draw of people: the TAR at each false match rate, then at each cosine first the FMR, then the TAR.

    NaN where a draw needs impostor pairs that were not kept; no rows if nothing was drawn. The same seed draws the
    same people, so that rows of two models may be subtracted.
    """
    columns = len(fmrs) + 2 * len(cosines)
    if not resamples:
        return np.empty((0, columns))
    measure = _resampled(compared, fmrs, cosines)
    people = int(compared.people.max()) + 1
    rows = [measure(weights) for weights in draws_of_people(people, resamples, seed)]
    return np.array(rows, np.float64).reshape(-1, columns)


def _resampled(
    compared: Comparisons, fmrs: Sequence[float], cosines: Sequence[float]
) -> Callable[[Weights], list[float]]:
    """A function of the weights: TAR at each false match rate, then at each cosine first the FMR, then the TAR."""
    people, genuine, impostors = compared.people, compared.genuine, compared.impostors
    genuine_person = people[genuine.first]
    first, second = people[impostors.first[:_MOST_PAIRS]], people[impostors.second[:_MOST_PAIRS]]
    everything = compared.complete and len(first) == len(impostors)
    # The rank, in both lists, before which a pair has a cosine above a threshold: every kept pair may become one.
    accepted = len(genuine) - np.searchsorted(genuine.cosines[::-1], impostors.cosines[: len(first)], "right")
    reaching = [min(impostors.reaching(cosine), len(first)) for cosine in cosines]
    trusted_at = [genuine.reaching(cosine) for cosine in cosines]
    sizes = np.bincount(people).astype(np.float64)

    def measure(weights: Weights) -> list[float]:
        trusted = np.concatenate([[0.0], np.cumsum(weights[genuine_person])])
        passed = np.cumsum(weights[first] * weights[second])
        faces = weights * sizes
        total = (faces.sum() ** 2 - faces @ faces) / 2 if compared.all_against_all else passed[-1:].sum()
        tars = []
        for fmr in fmrs:
            rank = int(np.searchsorted(passed, fmr * total * (1 + 1e-12), "right"))
            reached = rank < len(passed) and trusted[-1] > 0
            tars.append(float(trusted[accepted[rank]] / trusted[-1]) if reached else math.nan)
        known = [everything or count < len(passed) for count in reaching]
        fmrs_there = [
            (float(passed[count - 1] / total) if count else 0.0) if sure and total else math.nan
            for count, sure in zip(reaching, known, strict=True)
        ]
        return tars + fmrs_there + [_share(trusted[count], trusted[-1]) for count in trusted_at]

    return measure


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else math.nan
