"""How many of the true neighbours a search finds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from visavis.types import Embedding

_CLOSE_CALL = 1e-6
"""Neighbours whose cosines differ by less may take each other's place: float32 cannot tell them apart."""

_MARGIN = 1e-4
"""More than float32 can be wrong by: what is further below the k-th best is out without a second look."""


class Truth:
    """Which rows of a gallery are the `k` nearest to each probe, by float64."""

    def __init__(self, gallery: Embedding, probes: Embedding, k: int) -> None:
        self._k = k
        self._nearest = [_nearest(gallery, probe, k) for probe in probes]

    def recall(self, found: Sequence[Sequence[int]]) -> float:
        """The share of the nearest that was found, mean of all probes; of `found[i]`, at most k rows count."""
        shares = [
            len(nearest.intersection(rows[: self._k])) / self._k
            for nearest, rows in zip(self._nearest, found, strict=True)
        ]
        return float(np.mean(shares))


def _nearest(gallery: Embedding, probe: Embedding, k: int) -> set[int]:
    """More than k rows where several share the last place."""
    rough = gallery @ probe
    close = np.flatnonzero(rough >= np.partition(rough, -k)[-k] - _MARGIN)
    cosines = gallery[close].astype(np.float64) @ probe.astype(np.float64)
    return set(close[cosines >= np.partition(cosines, -k)[-k] - _CLOSE_CALL].tolist())
