"""One to many, with strangers: who is in the gallery and not found, who is not in it and yet found.

A gallery of people, one picture each, is drawn at random. Their other pictures are the mated probes; the pictures
of everybody else are the unknown probes. FPIR is the share of unknown probes whose best match is above a
threshold, FNIR the share of mated probes whose best match is somebody else or not above it (ISO/IEC 19795-1, rank
1). Drawing and measuring are repeated, and the rates are the means.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.core.calibration import Calibration
from visavis.errors import SetupError
from visavis.evaluation.intervals import Weights, draws_of_people, percentile_interval
from visavis.evaluation.verification import Faces

FPIRS = {"1e-1": 1e-1, "1e-2": 1e-2, "1e-3": 1e-3}
_BLOCK = 8_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """One gallery and what searching it gave. Probes are sorted, highest best cosine first."""

    mated: NDArray[np.float64]
    """Best cosine of each mated probe whose best match is its own person, else -inf."""
    mated_people: NDArray[np.int64]
    unknown: NDArray[np.float64]
    """Best cosine of each unknown probe."""
    unknown_people: NDArray[np.int64]


def draw_splits(faces: Faces, gallery_size: int, splits: int, seed: int) -> list[Split]:
    """Raises SetupError if there are too few people for a gallery of that size and strangers besides."""
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
    cosines, best = _best(faces.embeddings[mated], faces.embeddings[enrolled])
    own = faces.people[enrolled][best] == faces.people[mated]
    found = np.where(own, cosines, -np.inf)
    strangers, _ = _best(faces.embeddings[unknown], faces.embeddings[enrolled])
    mated_order, unknown_order = np.argsort(-found), np.argsort(-strangers)
    return Split(
        found[mated_order],
        faces.people[mated][mated_order],
        strangers[unknown_order],
        faces.people[unknown][unknown_order],
    )


def _best(
    probes: NDArray[np.float32], gallery: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The highest cosine of each probe and the place of the face that has it."""
    cosines, places = np.zeros(len(probes)), np.zeros(len(probes), np.int64)
    rows = max(1, _BLOCK // len(gallery))
    for start in range(0, len(probes), rows):
        block = probes[start : start + rows] @ gallery.T
        places[start : start + rows] = block.argmax(axis=1)
        cosines[start : start + rows] = block.max(axis=1)
    return cosines, places


def summary(splits: Sequence[Split], people: int, scale: Calibration, resamples: int, seed: int) -> dict[str, Any]:
    """All figures, as the command prints them in JSON. Rates are shares from 0 to 1."""
    once = np.ones(people)
    rates = _mean_rates(splits, once)
    drawn = np.array([_mean_rates(splits, weights) for weights in draws_of_people(people, resamples, seed)])
    spans = [percentile_interval(column) for column in drawn.T.tolist()] or [None] * len(rates)
    thresholds = [np.mean([_threshold(split, fpir, once) for split in splits]) for fpir in FPIRS.values()]
    unknown = round(np.mean([len(split.unknown) for split in splits]))
    return {
        "splits": len(splits),
        "mated_probes": round(np.mean([len(split.mated) for split in splits])),
        "unknown_probes": unknown,
        "fnir_at_fpir": dict(zip(FPIRS, map(_number, rates), strict=False)),
        "similarity_at_fpir": {
            name: scale.similarity(float(cosine)) for name, cosine in zip(FPIRS, thresholds, strict=True)
        },
        "rank_1_miss_rate": _number(rates[-1]),
        "beyond_the_probes": [name for name, fpir in FPIRS.items() if fpir * unknown < 1 - 1e-9],
        "intervals": {
            "fnir_at_fpir": dict(zip(FPIRS, spans, strict=False)),
            "rank_1_miss_rate": spans[-1],
        },
    }


def _mean_rates(splits: Sequence[Split], weights: Weights) -> list[float]:
    """FNIR at each FPIR, and the share of mated probes whose best match is somebody else: means over the splits.

    A resample in which no mated or no unknown probe was drawn in a split counts without that split.
    """
    rows = [_rates(split, weights) for split in splits]
    usable = [row for row in rows if row is not None]
    return list(np.mean(usable, axis=0)) if usable else [np.nan] * (len(FPIRS) + 1)


def _rates(split: Split, weights: Weights) -> list[float] | None:
    counted = weights[split.mated_people]
    if not counted.sum() or not weights[split.unknown_people].sum():
        return None
    reached = np.concatenate([[0.0], np.cumsum(counted)])
    fnirs = []
    for fpir in FPIRS.values():
        threshold = _threshold(split, fpir, weights)
        accepted = int(np.searchsorted(-split.mated, -threshold, "left"))
        fnirs.append(1 - reached[accepted] / reached[-1])
    missed = counted[np.isinf(split.mated)].sum() / reached[-1]
    return [*fnirs, float(missed)]


def _threshold(split: Split, fpir: float, weights: Weights) -> float:
    """The lowest cosine that is exceeded by no more than a share of `fpir` of the unknown probes."""
    passed = np.cumsum(weights[split.unknown_people])
    place = int(np.searchsorted(passed, fpir * passed[-1] * (1 + 1e-12), "right"))
    return float(split.unknown[min(place, len(passed) - 1)])


def _number(rate: float) -> float | None:
    return None if np.isnan(rate) else float(rate)
