"""Fits the similarity scale of a recognition model: which cosine stands for which false match rate.

Where impostor pairs are plenty, down to a false match rate of 1e-4, a knot of the scale is a quantile. Beyond,
where a few pairs would decide, the tail is fitted: a generalised Pareto distribution over the excesses (J.
Pickands 1975; S. Coles, "An Introduction to Statistical Modeling of Extreme Values", 2001, chapter 4).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from visavis.errors import SetupError
from visavis.evaluation.comparisons import Comparisons
from visavis.evaluation.populations import FEWEST_IN_A_GROUP, FEWEST_OF_A_GROUP, Population

Knots: TypeAlias = list[tuple[float, float]]
"""(cosine, similarity 0-100), both strictly ascending, from -1 to 1 and from 0 to 100."""

SIMILARITY_AT_FMR = {0.5: 10.0, 1e-1: 30.0, 1e-2: 55.0, 1e-3: 77.0, 1e-4: 90.0, 1e-5: 96.0, 1e-6: 99.0}
"""Similarities 90 and 99 are part of the contract; the others shape the scale in between."""
FEWEST_PEOPLE = 700
FEWEST_IMPOSTORS = 750_000
"""With fewer, the false match rate at 99 is off by more than a factor of two too often (docs/decisions/0014)."""
_QUANTILES_DOWN_TO = 1e-4
_TAIL_FROM = 1e-3
_LEAST_SHAPE = -0.5
"""Below it the maximum likelihood estimate is not regular (R. L. Smith 1985)."""


def fit_scale(everybody: Population, groups: Sequence[Population] = (), most_alike: float = 1.0) -> Knots:
    """The knots of a scale for everybody, on which no group of them that has enough pairs exceeds its rates.

    `most_alike`: the cosine that the similarity 100 stands for. Raises SetupError, with the numbers, if there are
    too few people or pairs, or if there are groups and none of them has enough.
    """
    require_enough(everybody)
    fitted = [group for group in groups if group.enough_for_a_group]
    if groups and not fitted:
        counts = ", ".join(f"{each.name} {each.count:,} and {each.compared.impostor_count:,}" for each in groups)
        raise SetupError(
            f"No group has enough people and pairs of them for a scale: {counts}. It takes {FEWEST_IN_A_GROUP:,} "
            f"people and {FEWEST_OF_A_GROUP:,} pairs of one group; without groups a scale is fitted to everybody."
        )
    return fit_common_scale([each.compared for each in (everybody, *fitted)], most_alike)


def require_enough(everybody: Population) -> None:
    """Raises SetupError, with the numbers, if people or pairs are too few for a scale."""
    if everybody.compared.impostor_count < FEWEST_IMPOSTORS or everybody.count < FEWEST_PEOPLE:
        raise SetupError(
            f"{everybody.count:,} people and {everybody.compared.impostor_count:,} pairs of different people are "
            f"too few: a similarity of 99 claims a false match rate of 1 in 1,000,000, and to fit that takes at "
            f"least {FEWEST_PEOPLE:,} people and {FEWEST_IMPOSTORS:,} pairs, which 1,250 pictures have."
        )


def fit_common_scale(groups: Sequence[Comparisons], most_alike: float = 1.0, margin: float = 1.0) -> Knots:
    """The knots of one scale for all groups: at each false match rate, that of the group that needs the highest.

    `most_alike`: the cosine that the similarity 100 stands for; `margin`: the share of each false match rate that
    is fitted, so that other people of the groups have at most the whole. Raises SetupError if none can be made.
    """
    knots = [
        (round(max(cosine_at(group, margin * fmr) for group in groups), 4), similarity)
        for fmr, similarity in SIMILARITY_AT_FMR.items()
    ]
    scale = [(-1.0, 0.0), *knots, (math.floor(most_alike * 1e4) / 1e4, 100.0)]
    cosines = [cosine for cosine, _ in scale]
    if not np.all(np.diff(cosines) > 0):
        raise SetupError(
            "No scale can be made of these pictures: different people are as alike as two pictures can be. Are "
            "there copies of a picture in the folders of two people, or one person in two folders?"
        )
    return scale


def cosine_at(compared: Comparisons, fmr: float) -> float:
    """The cosine that a share of `fmr` of the impostor pairs reaches."""
    if fmr >= _QUANTILES_DOWN_TO:
        return compared.quantile(fmr)
    start = compared.quantile(_TAIL_FROM)
    excesses = compared.impostors.cosines[: compared.impostors.above(start)].astype(np.float64) - start
    if not len(excesses):
        return start
    shape, spread = fit_pareto(excesses)
    return float(start + pareto_exceeded(fmr / _TAIL_FROM, shape, spread))


def fit_pareto(excesses: NDArray[np.float64]) -> tuple[float, float]:
    """Shape and scale of the generalised Pareto distribution that makes the excesses (n,) likeliest.

    With the quotient of shape and scale given, the likeliest shape is a mean, so that one number is searched for
    (S. D. Grimshaw 1993): on a grid first, which is then drawn together around the best of it.
    """
    low, high = -(1 - 1e-9) / excesses.max(), 20 / excesses.mean()
    for _ in range(30):
        grid = np.linspace(low, high, 15)
        step = grid[1] - grid[0]
        likeliest = grid[np.argmax([_likelihood(quotient, excesses) for quotient in grid])]
        low, high = max(low, likeliest - step), min(high, likeliest + step)
    shape = _shape(likeliest, excesses)
    return shape, shape / likeliest if likeliest else float(excesses.mean())


def pareto_exceeded(share: float, shape: float, spread: float) -> float:
    """The excess that this share of all excesses reaches."""
    rarity = -np.log(share)
    return float(spread * (np.expm1(shape * rarity) / shape if shape else rarity))


def _shape(quotient: float, excesses: NDArray[np.float64]) -> float:
    return float(np.log1p(quotient * excesses).mean())


def _likelihood(quotient: float, excesses: NDArray[np.float64]) -> float:
    """The mean logarithm of the likelihood, shape chosen best; -inf where the estimate would not be regular."""
    shape = _shape(quotient, excesses)
    if shape < _LEAST_SHAPE:
        return -np.inf
    spread = shape / quotient if quotient else excesses.mean()
    return float(-np.log(spread) - shape - 1)
