"""The scale on which similarity is reported (contract.md 17)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_PAIRS = {0.0: 1.0, 10.0: 2.0, 30.0: 1e1, 55.0: 1e2, 77.0: 1e3, 90.0: 1e4, 96.0: 1e5, 99.0: 1e6}
"""Similarity to how many pairs of different people it takes until one reaches it (docs/decisions/0004)."""


def pairs_per_false_match(similarity: float) -> float:
    """Among how many pairs of different people one reaches this similarity, on average.

    At most 1,000,000: the scale claims no more above a similarity of 99.
    """
    return float(10 ** np.interp(similarity, list(_PAIRS), np.log10(list(_PAIRS.values()))))


def strangers_matched(similarity: float, gallery: int) -> float:
    """The share of strangers, 0-1, who match at least one of `gallery` faces at a similarity (FPIR).

    An estimate: it assumes that the comparisons of one search are independent, which is not true of look-alikes.
    Above a similarity of 99 the result is that of 99, since the scale claims no more.
    """
    return float(-np.expm1(gallery * np.log1p(-1 / max(pairs_per_false_match(similarity), 1 + 1e-9))))


def similarity_against_strangers(share: float, gallery: int) -> float | None:
    """The lowest whole similarity at which no more than this share of strangers match any of `gallery` faces.

    None if more of them match even at 99, where the scale ends.
    """
    return next((float(at) for at in range(100) if strangers_matched(at, gallery) <= share), None)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Maps a recognition model's cosine to similarity, 0-100: piecewise linear, strictly rising.

    A similarity of 90 stands for a false match rate of 1 in 10,000 and 99 for 1 in 1,000,000, on the set that the
    model's card names.
    """

    cosines: tuple[float, ...]
    similarities: tuple[float, ...]
    _knots: tuple[NDArray[np.float64], NDArray[np.float64]] = field(init=False, repr=False, compare=False)
    """Both once more, since a search asks for the similarity of each face that it found."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_knots", (np.array(self.cosines), np.array(self.similarities)))

    @classmethod
    def from_table(cls, knots: Iterable[tuple[float, float]]) -> Calibration:
        """From (cosine, similarity) pairs in rising order of both; raises ValueError otherwise."""
        cosines, similarities = zip(*knots, strict=True)
        if not (np.all(np.diff(cosines) > 0) and np.all(np.diff(similarities) > 0)):
            raise ValueError("a calibration table must rise strictly in both columns")
        return cls(cosines, similarities)

    def similarity(self, cosine: float) -> float:
        """Similarity, 0-100, of two unit embeddings whose dot product is `cosine`."""
        cosines, similarities = self._knots
        return float(np.interp(cosine, cosines, similarities))

    def cosine(self, similarity: float) -> float:
        """The cosine at which a similarity is reached; the inverse of `similarity`."""
        cosines, similarities = self._knots
        return float(np.interp(similarity, similarities, cosines))
