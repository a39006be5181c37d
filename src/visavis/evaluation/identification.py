"""Identification (1:N) with strangers: people in the gallery who are missed, and strangers who match.

A gallery of people, one picture each, is drawn at random. Their other pictures are the mated probes; the pictures
of everybody else are the unknown probes. FPIR is the share of unknown probes whose best match is above a
threshold, FNIR the share of mated probes whose best match is somebody else or not above it (ISO/IEC 19795-1, rank
1). Drawing and measuring are repeated, and the rates are the means.

A face that the server would refuse is neither enrolled nor found: whose picture it is, is missed, and a stranger
is kept out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.core.calibration import Calibration, similarity_against_strangers, strangers_matched
from visavis.errors import SetupError
from visavis.evaluation.comparisons import REFUSED
from visavis.evaluation.intervals import Weights, draws_of_people, percentile_interval
from visavis.evaluation.verification import Faces

FPIRS = {"1e-1": 1e-1, "1e-2": 1e-2, "1e-3": 1e-3}
SIMILARITIES = {"90": 90.0, "96": 96.0, "99": 99.0}
_BLOCK = 8_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """One gallery and the results of searching it. Probes are sorted by descending best cosine."""

    mated: NDArray[np.float64]
    """Best cosine of each mated probe whose best match is its own person, else -inf."""
    mated_people: NDArray[np.int64]
    unknown: NDArray[np.float64]
    """Best cosine of each unknown probe."""
    unknown_people: NDArray[np.int64]


def draw_splits(faces: Faces, gallery_size: int, splits: int, seed: int) -> list[Split]:
    """Draw galleries at random and search them. Raises SetupError if there are too few people."""
    sizes = np.bincount(faces.people)
    if gallery_size >= len(sizes):
        raise SetupError(
            f"A gallery of {gallery_size} people leaves no strangers: faces of {len(sizes)} people were found."
        )
    if sizes.max() < 2:
        raise SetupError("Nobody has two pictures with a face: one is enrolled, and another one is searched for.")
    generator = np.random.default_rng(seed)
    return [_split(faces, gallery_size, generator) for _ in range(splits)]


def _split(faces: Faces, gallery_size: int, generator: np.random.Generator) -> Split:
    # The first face of each person in a random order of the faces is the one that is enrolled.
    order = generator.permutation(len(faces.people))
    _, first = np.unique(faces.people[order], return_index=True)
    members = generator.choice(len(first), gallery_size, replace=False)
    enrolled = order[first[members]]
    is_member = np.isin(faces.people, members)
    mated = np.setdiff1d(np.flatnonzero(is_member), enrolled)
    unknown = np.flatnonzero(~is_member)
    cosines, best = _best(faces, mated, enrolled)
    own = faces.people[enrolled][best] == faces.people[mated]
    found = np.where(own & (cosines > REFUSED), cosines, -np.inf)
    strangers, _ = _best(faces, unknown, enrolled)
    mated_order, unknown_order = np.argsort(-found), np.argsort(-strangers)
    return Split(
        found[mated_order],
        faces.people[mated][mated_order],
        strangers[unknown_order],
        faces.people[unknown][unknown_order],
    )


def _best(
    faces: Faces, probes: NDArray[np.int64], gallery: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The highest cosine of each probe, REFUSED if there is none, and its index in the gallery."""
    cosines, indices = np.zeros(len(probes)), np.zeros(len(probes), np.int64)
    rows = max(1, _BLOCK // len(gallery))
    for start in range(0, len(probes), rows):
        some = probes[start : start + rows]
        block = faces.asked[some] @ faces.embeddings[gallery].T
        block[faces.refused[some]] = REFUSED
        block[:, faces.refused[gallery]] = REFUSED
        indices[start : start + rows] = block.argmax(axis=1)
        cosines[start : start + rows] = block.max(axis=1)
    return cosines, indices


def summary(
    splits: Sequence[Split], people: int, gallery: int, scale: Calibration, resamples: int, seed: int
) -> dict[str, Any]:
    """All figures, as the command prints them in JSON. Rates are shares from 0 to 1.

    `people`: those who can be drawn for the intervals; `gallery`: those who are enrolled in each split.
    """
    cosines = [scale.cosine(similarity) for similarity in SIMILARITIES.values()]
    once = np.ones(people)
    rates = _mean_rates(splits, cosines, once)
    drawn = np.array([_mean_rates(splits, cosines, each) for each in draws_of_people(people, resamples, seed)])
    spans = [percentile_interval(column) for column in drawn.T.tolist()] or [None] * len(rates)
    thresholds = [np.mean([_threshold(split, fpir, once) for split in splits]) for fpir in FPIRS.values()]
    unknown = round(np.mean([len(split.unknown) for split in splits]))
    return {
        "gallery": gallery,
        "splits": len(splits),
        "mated_probes": round(np.mean([len(split.mated) for split in splits])),
        "unknown_probes": unknown,
        **_named([_number(rate) for rate in rates]),
        "similarity_at_fpir": {
            name: scale.similarity(float(cosine)) for name, cosine in zip(FPIRS, thresholds, strict=True)
        },
        "estimated_fpir_at_similarity": {
            name: strangers_matched(similarity, gallery) for name, similarity in SIMILARITIES.items()
        },
        "estimated_similarity_at_fpir": {
            name: similarity_against_strangers(fpir, gallery) for name, fpir in FPIRS.items()
        },
        "beyond_the_probes": [name for name, fpir in FPIRS.items() if fpir * unknown < 1 - 1e-9],
        "intervals": _named(spans),
    }


def _named(values: Sequence[object]) -> dict[str, object]:
    """The values, in the order of `_rates`, by name."""
    left = iter(values)
    return {
        "fnir_at_fpir": {name: next(left) for name in FPIRS},
        "fnir_at_similarity": {name: next(left) for name in SIMILARITIES},
        "fpir_at_similarity": {name: next(left) for name in SIMILARITIES},
        "rank_1_miss_rate": next(left),
    }


def _mean_rates(splits: Sequence[Split], cosines: Sequence[float], weights: Weights) -> NDArray[np.float64]:
    """The means over the splits. A split counts in no rate of which a resample drew no probe; NaN: none counts."""
    rows = np.array([_rates(split, cosines, weights) for split in splits])
    known = ~np.isnan(rows)
    counted = known.sum(axis=0)
    sums = np.where(known, rows, 0.0).sum(axis=0)
    means = np.full(len(sums), np.nan)
    np.divide(sums, counted, out=means, where=counted > 0)
    return means


def _rates(split: Split, cosines: Sequence[float], weights: Weights) -> list[float]:
    """FNIR at each FPIR, FNIR at each cosine, FPIR at each cosine, and mated probes that look most like another.

    NaN where no probe of the kind was drawn.
    """
    mated = np.concatenate([[0.0], np.cumsum(weights[split.mated_people])])
    unknown = np.concatenate([[0.0], np.cumsum(weights[split.unknown_people])])
    fnirs, fnirs_there = [np.nan] * len(FPIRS), [np.nan] * len(cosines)
    missed, fpirs_there = np.nan, [np.nan] * len(cosines)
    if mated[-1]:
        fnirs_there = [1 - mated[_reaching(split.mated, cosine)] / mated[-1] for cosine in cosines]
        missed = 1 - mated[_reaching(split.mated, REFUSED)] / mated[-1]
    if unknown[-1]:
        fpirs_there = [unknown[_reaching(split.unknown, cosine)] / unknown[-1] for cosine in cosines]
    if mated[-1] and unknown[-1]:
        thresholds = [_threshold(split, fpir, weights) for fpir in FPIRS.values()]
        accepted = [int(np.searchsorted(-split.mated, -threshold, "left")) for threshold in thresholds]
        fnirs = [1 - mated[count] / mated[-1] for count in accepted]
    return [*fnirs, *fnirs_there, *fpirs_there, missed]


def _reaching(highest_first: NDArray[np.float64], cosine: float) -> int:
    """How many values reach this cosine."""
    return int(np.searchsorted(-highest_first, -cosine, "right"))


def _threshold(split: Split, fpir: float, weights: Weights) -> float:
    """The lowest cosine that is exceeded by no more than a share of `fpir` of the unknown probes."""
    passed = np.cumsum(weights[split.unknown_people])
    rank = int(np.searchsorted(passed, fpir * passed[-1] * (1 + 1e-12), "right"))
    return float(split.unknown[min(rank, len(passed) - 1)])


def _number(rate: float) -> float | None:
    return None if np.isnan(rate) else float(rate)
