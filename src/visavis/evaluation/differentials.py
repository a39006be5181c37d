"""Differences between groups of people: FMR and FNMR within each group, and FMR between groups.

What is compared is one threshold for all, as a server has it. Strangers who resemble each other are mostly of one
group, so the false match rate within a group is what its people live with (NISTIR 8280). For the intervals people
are drawn anew within their groups, which keep their sizes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.core.calibration import Calibration
from visavis.evaluation.comparisons import Comparisons
from visavis.evaluation.corpus import Sample, counts
from visavis.evaluation.folders import Person
from visavis.evaluation.grouping import Grouping
from visavis.evaluation.intervals import Interval, Weights, percentile_interval
from visavis.evaluation.verification import SIMILARITIES, Verification

MOST_PAIRS = 10_000_000
"""With more impostor pairs than this above the lowest cosine, there are no intervals of the FMR."""
_ENOUGH_TO_TELL = 3
"""A rate is below 3 / n, with 95 % confidence, if n independent trials had no error."""


@dataclass(frozen=True, slots=True, eq=False)
class Rates:
    """Error rates at some cosines, in their order. NaN: nothing was compared."""

    fmr: NDArray[np.float64]
    """Shape (cosines, groups, groups), symmetrical: within groups on the diagonal, between them beside it."""
    fmr_across: NDArray[np.float64]
    """Over all pairs of two different groups, shape (cosines,)."""
    fnmr: NDArray[np.float64]
    """Shape (cosines, groups)."""


class Differentials:
    """Error rates by group, for any weights of people.

    `compared`: all against all, every pair kept that reaches the lowest cosine; `group_of`: the group of each of
    its people, numbers below `groups`, or -1 for people who are in none; `cosines` ascend.
    """

    def __init__(
        self, compared: Comparisons, group_of: NDArray[np.int64], groups: int, cosines: Sequence[float]
    ) -> None:
        self._groups, self._group_of = groups, group_of
        self._shape = (len(cosines), groups, groups)
        self._members = [np.flatnonzero(group_of == number) for number in range(groups)]
        people = len(group_of)
        self._faces = np.bincount(compared.people, minlength=people).astype(np.float64)
        owner, levels = compared.people[compared.genuine.first], np.array(cosines)
        reached = np.searchsorted(levels, compared.genuine.cosines.astype(np.float64), "right")
        self._genuine = np.bincount(owner, minlength=people).astype(np.float64)
        self._accepted = np.array(
            [np.bincount(owner[reached > level], minlength=people) for level in range(len(cosines))], np.float64
        )
        self._gather_impostors(compared, levels)

    def _gather_impostors(self, compared: Comparisons, levels: NDArray[np.float64]) -> None:
        """Sort the highest pairs into runs: pairs of one person with one group, at one level of cosine."""
        pairs, people = compared.impostors, len(self._group_of)
        count = pairs.reaching(float(levels[0]))
        first, second = compared.people[pairs.first[:count]], compared.people[pairs.second[:count]]
        level = np.searchsorted(levels, pairs.cosines[:count].astype(np.float64), "right") - 1
        one, other = self._group_of[first], self._group_of[second]
        key = ((level * self._groups + one) * self._groups + other) * people + first
        chosen = np.flatnonzero((one >= 0) & (other >= 0))
        order = chosen[np.argsort(key[chosen], kind="stable")]
        self._second, sorted_keys = second[order], key[order]
        self._starts = np.flatnonzero(np.diff(sorted_keys, prepend=-1))
        self._cell, self._first = np.divmod(sorted_keys[self._starts], people)

    @property
    def impostors_reaching(self) -> int:
        """Number of impostor pairs of people with groups that reach the lowest cosine."""
        return len(self._second)

    @property
    def genuine_pairs(self) -> NDArray[np.float64]:
        """Shape (groups,)."""
        return self._by_group(self._genuine)

    def impostor_pairs(self, weights: Weights | None = None) -> NDArray[np.float64]:
        """Number of impostor pairs, shape (groups, groups), without a person and their own copies."""
        faces = self._faces if weights is None else weights * self._faces
        of_group, own = self._by_group(faces), self._by_group(faces**2)
        pairs = np.outer(of_group, of_group)
        np.fill_diagonal(pairs, (of_group**2 - own) / 2)
        return pairs

    def rates(self, weights: Weights | None = None) -> Rates:
        """The rates if each person counts as often as `weights` says, shape (people,); None: once."""
        taken = np.ones(len(self._group_of)) if weights is None else weights
        matches, pairs = self._matches(taken), self.impostor_pairs(taken)
        genuine = self._by_group(taken * self._genuine)
        accepted = np.array([self._by_group(taken * each) for each in self._accepted])
        across = np.triu(np.ones(self._shape[1:], bool), 1)
        return Rates(
            fmr=_shares(matches, pairs),
            fmr_across=_shares(matches[:, across].sum(axis=1), pairs[across].sum()),
            fnmr=1 - _shares(accepted, genuine),
        )

    def drawn(self, resamples: int, seed: int) -> Iterator[Rates]:
        """The rates of `resamples` draws, with replacement, of as many people as each group has."""
        generator = np.random.default_rng(seed)
        for _ in range(resamples):
            weights = np.zeros(len(self._group_of))
            for members in self._members:
                if len(members):
                    weights[members] = generator.multinomial(len(members), np.full(len(members), 1 / len(members)))
            yield self.rates(weights)

    def _matches(self, taken: Weights) -> NDArray[np.float64]:
        """Impostor pairs that reach each cosine, shape (cosines, groups, groups)."""
        levels = np.zeros(self._shape)
        if len(self._starts):
            of_runs = np.add.reduceat(taken[self._second], self._starts) * taken[self._first]
            levels += np.bincount(self._cell, of_runs, minlength=levels.size).reshape(self._shape)
        reached = levels[::-1].cumsum(axis=0)[::-1]
        both_ways: NDArray[np.float64] = reached + reached.transpose(0, 2, 1)
        diagonal = np.arange(self._groups)
        both_ways[:, diagonal, diagonal] /= 2
        return both_ways

    def _by_group(self, of_people: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.array([of_people[members].sum() for members in self._members])


def summary(
    measured: Verification,
    people: Sequence[Person],
    grouping: Grouping,
    samples: Mapping[Path, Sample],
    scale: Calibration,
    resamples: int,
    seed: int,
) -> dict[str, Any]:
    """All figures of groups, as the command prints them in JSON. Rates are shares, 0-1; None: nothing compared."""
    group_of = grouping.of_person[measured.faces.given]
    cosines = [scale.cosine(similarity) for similarity in SIMILARITIES.values()]
    by_group = Differentials(measured.compared, group_of, len(grouping.names), cosines)
    found = by_group.rates()
    drawn = _stacked(
        list(by_group.drawn(resamples if by_group.impostors_reaching <= MOST_PAIRS else 0, seed)), found
    )
    genuine, impostors = by_group.genuine_pairs, by_group.impostor_pairs()
    return {
        "within": {
            name: {
                "people": int((group_of == number).sum()),
                **counts(_looks_of(people, grouping.of_person == number, samples)),
                "refused": int(measured.faces.refused[group_of[measured.faces.people] == number].sum()),
                "genuine": int(genuine[number]),
                "impostor": int(impostors[number, number]),
                **_by_similarity(
                    fmr=(found.fmr[:, number, number], drawn.fmr[:, :, number, number]),
                    fnmr=(found.fnmr[:, number], drawn.fnmr[:, :, number]),
                ),
            }
            for number, name in enumerate(grouping.names)
        },
        "across": {
            "impostor": int(np.triu(impostors, 1).sum()),
            **_by_similarity(fmr=(found.fmr_across, drawn.fmr_across)),
        },
        "between": [
            {
                "groups": [grouping.names[one], grouping.names[other]],
                "impostor": int(impostors[one, other]),
                **_by_similarity(fmr=(found.fmr[:, one, other], drawn.fmr[:, :, one, other])),
            }
            for one, other in combinations(range(len(grouping.names)), 2)
        ],
        "worst_to_best": {
            "fmr_at_similarity": _worst_to_best(
                grouping.names, _diagonal(found.fmr), _diagonal(drawn.fmr), np.diag(impostors)
            ),
            "fnmr_at_similarity": _worst_to_best(grouping.names, found.fnmr, drawn.fnmr, genuine),
        },
        "without_group": list(grouping.without_group),
        "without_pictures": list(grouping.without_pictures),
    }


def _looks_of(people: Sequence[Person], chosen: NDArray[np.bool_], samples: Mapping[Path, Sample]) -> list[Sample]:
    return [samples[file] for person, own in zip(people, chosen, strict=True) if own for file in person.files]


def _stacked(drawn: Sequence[Rates], alike: Rates) -> Rates:
    """All draws in one object: each array has a first axis of draws."""
    return Rates(
        *(
            np.array([getattr(each, name) for each in drawn]).reshape(-1, *getattr(alike, name).shape)
            for name in ("fmr", "fmr_across", "fnmr")
        )
    )


def _by_similarity(**kinds: tuple[NDArray[np.float64], NDArray[np.float64]]) -> dict[str, object]:
    """Each kind of rate, found of shape (similarities,) and drawn of (draws, similarities), with its intervals."""
    rates = {
        f"{kind}_at_similarity": dict(zip(SIMILARITIES, map(_number, found), strict=True))
        for kind, (found, _) in kinds.items()
    }
    spans = {
        f"{kind}_at_similarity": dict(zip(SIMILARITIES, map(_interval, drawn.T), strict=True))
        for kind, (_, drawn) in kinds.items()
    }
    return {**rates, "intervals": spans}


def _worst_to_best(
    names: Sequence[str], rates: NDArray[np.float64], drawn: NDArray[np.float64], trials: NDArray[np.float64]
) -> dict[str, dict[str, object] | None]:
    """At each similarity the groups of the highest and of the lowest rate, and the quotient of the two.

    `rates`: (similarities, groups); `drawn`: (draws, similarities, groups); `trials`: pairs, (groups,).
    The interval is that of the quotient of these two groups, not of the most different ones of each draw.
    """
    found: dict[str, dict[str, object] | None] = {}
    for level, similarity in enumerate(SIMILARITIES):
        ends = worst_and_best(rates[level], trials)
        if ends is None:
            found[similarity] = None
            continue
        worst, best = ends
        found[similarity] = {
            "worst": names[worst],
            "best": names[best],
            "ratio": _number(_shares(rates[level, worst], rates[level, best])),
            "interval": _interval(_shares(drawn[:, level, worst], drawn[:, level, best])),
        }
    return found


def worst_and_best(rates: NDArray[np.float64], trials: NDArray[np.float64]) -> tuple[int, int] | None:
    """The groups of the highest and of the lowest rate; None if there are no two, or none errs.

    A group without an error is the best only if it has trials enough to be better than the others: with few, an
    error may have had no chance.
    """
    erring = np.flatnonzero(rates > 0)
    if not len(erring):
        return None
    least = rates[erring].min()
    faultless = np.flatnonzero((rates == 0) & (trials * least > _ENOUGH_TO_TELL))
    compared = np.concatenate([faultless, erring])
    if len(compared) < 2:
        return None
    return int(erring[np.argmax(rates[erring])]), int(compared[np.argmin(rates[compared])])


def _diagonal(rates: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rates within groups, of an array whose last axes are (groups, groups)."""
    return np.diagonal(rates, axis1=-2, axis2=-1)


def _shares(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """The quotients; NaN where the whole is 0."""
    shares = np.full(np.broadcast(part, whole).shape, np.nan)
    np.divide(part, whole, out=shares, where=np.asarray(whole) > 0)
    return shares


def _interval(drawn: NDArray[np.float64]) -> Interval | None:
    return percentile_interval(drawn.tolist())


def _number(rate: np.floating | NDArray[np.float64]) -> float | None:
    return None if np.isnan(rate) else float(rate)
