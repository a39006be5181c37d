"""Finds the right preprocessing for a network: compares ways to encode a face, on pictures of people.

A network that gets BGR for RGB, or raw pixels for scaled ones, still answers, but separates people less well.
How well is one number here: how far genuine and impostor cosines lie apart, in units of their spread (d', the
sensitivity index of signal detection; W. P. Tanner and J. A. Swets 1954).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from visavis.errors import SetupError
from visavis.evaluation.comparisons import Comparisons
from visavis.evaluation.intervals import Interval, Weights, draws_of_people, percentile_interval
from visavis.vision.models import RecognitionCard

_CHANNELS: tuple[Literal["RGB", "BGR"], ...] = ("RGB", "BGR")
_SCALES = ((0.0, 1.0), (127.5, 127.5), (0.0, 255.0))
"""Offset and divisor: as pixels are, -1 to 1, 0 to 1."""
_CLEARLY = 1.05
"""Another way counts as better from this ratio of separations on."""


@dataclass(frozen=True, slots=True)
class Way:
    """One kind of input for the network, and how well it separates people."""

    name: str
    separation: float
    """d'; NaN where it cannot be measured."""
    difference: float
    """Difference of the separation to that of the card's own way."""
    interval: Interval | None
    """95 % interval of the difference."""
    clearly_better: bool


def ways_to_feed(card: RecognitionCard) -> dict[str, RecognitionCard]:
    """The card as it is, then as it would be with other channels and scales; by name.

    Raises SetupError if it has several networks: then there would be too many.
    """
    if len(card.networks) != 1:
        raise SetupError(f"{card.name} has {len(card.networks)} networks; only a model of one can be checked.")
    [network] = card.networks
    own = (network.channels, network.offset, network.divisor)
    others = [(c, (offset,) * 3, (divisor,) * 3) for c in _CHANNELS for offset, divisor in _SCALES]
    cards = {}
    for channels, offset, divisor in dict.fromkeys([own, *others]):
        fed = replace(network, channels=channels, offset=offset, divisor=divisor)
        name = f"{channels}, {_in_words(offset, divisor)}"
        cards[name] = replace(card, name=name, networks=(fed,))
    return cards


def _in_words(offset: Sequence[float], divisor: Sequence[float]) -> str:
    less, by = (f"{value[0]:g}" if len(set(value)) == 1 else f"{list(value)}" for value in (offset, divisor))
    if (less, by) == ("0", "1"):
        return "0 to 255"
    return f"x / {by}" if less == "0" else f"(x - {less}) / {by}"


def compare_ways(compared: Mapping[str, Comparisons], resamples: int, seed: int) -> list[Way]:
    """The separation of people each way, the card's own first. All must be of the same faces, with all pairs kept.

    Raises SetupError if there are no two pictures of a person, or no two people.
    """
    first = next(iter(compared.values()))
    if not first.genuine or not first.impostors:
        raise SetupError("Checking a model takes at least two people with two pictures or more each.")
    measures = [_separation(each) for each in compared.values()]
    people = int(first.people.max()) + 1
    once = np.ones(people)
    separations = [measure(once) for measure in measures]
    draws = np.array(
        [[measure(weights) for measure in measures] for weights in draws_of_people(people, resamples, seed)]
    ).reshape(-1, len(measures))
    return [
        _way(name, separation, separations[0], draws[:, number] - draws[:, 0])
        for number, (name, separation) in enumerate(zip(compared, separations, strict=True))
    ]


def _way(name: str, separation: float, own: float, differences: NDArray[np.float64]) -> Way:
    interval = percentile_interval(differences.tolist())
    clearly = interval is not None and interval[0] > 0 and separation > _CLEARLY * own
    return Way(name, separation, separation - own, interval, clearly)


def _separation(compared: Comparisons) -> Callable[[Weights], float]:
    """The separation as a function of how often each person counts."""
    people, genuine, impostors = compared.people, compared.genuine, compared.impostors
    of_genuine = people[genuine.first]
    first, second = people[impostors.first], people[impostors.second]

    def measure(weights: Weights) -> float:
        apart, spread = _moments(genuine.cosines, weights[of_genuine])
        others, other_spread = _moments(impostors.cosines, weights[first] * weights[second])
        return float((apart - others) / np.sqrt((spread + other_spread) / 2))

    return measure


def _moments(cosines: NDArray[np.float32], weights: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and variance, weighted; NaN without any weight."""
    total = weights.sum()
    if not total:
        return np.nan, np.nan
    mean = float(weights @ cosines / total)
    return mean, float(weights @ (cosines - mean) ** 2 / total)
