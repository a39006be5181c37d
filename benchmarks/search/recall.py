"""How many of the true neighbours a search finds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from visavis.types import Embedding

_CLOSE_CALL = 1e-6
"""Neighbours whose cosines differ by less may take each other's place: float32 cannot tell them apart."""


def true_cosines(gallery: Embedding, probe: Embedding, k: int) -> tuple[NDArray[np.float64], float]:
    """The cosine of every face to the probe, in float64 for all that could be among the best; the k-th best."""
    cosines = (gallery @ probe).astype(np.float64)
    close = np.flatnonzero(cosines >= np.partition(cosines, -k)[-k] - 1e-4)
    cosines[close] = gallery[close].astype(np.float64) @ probe.astype(np.float64)
    return cosines, float(np.partition(cosines, -k)[-k])


def recall(gallery: Embedding, probes: Embedding, found: Sequence[Sequence[int]], k: int) -> float:
    """The share of the k best faces that was found, mean of all probes; `found[i]` are rows, at most k count."""
    shares = []
    for probe, rows in zip(probes, found, strict=True):
        cosines, kth = true_cosines(gallery, probe, k)
        distinct = list(dict.fromkeys(rows))[:k]
        shares.append(np.count_nonzero(cosines[distinct] >= kth - _CLOSE_CALL) / k)
    return float(np.mean(shares))


def first_is_right(
    person: NDArray[np.intp], probe_person: NDArray[np.intp], found: Sequence[Sequence[int]]
) -> float:
    """The share of probes whose first face is one of the same person."""
    return float(
        np.mean([bool(rows) and person[rows[0]] == who for who, rows in zip(probe_person, found, strict=True)])
    )
