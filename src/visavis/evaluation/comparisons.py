"""Compares every face with every other: cosines of genuine and impostor pairs, in limited memory.

Of the impostor pairs, which grow with the square of the pictures, two things are kept: how many fall into each of
20,000 narrow bins of cosine, and the highest of them, one in a hundred, one by one. Thresholds for false match
rates of 1e-2 and less are read off the latter and therefore exact.

A face that the server would refuse matches nobody: its pairs are counted, and stand below every threshold.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from visavis.types import Embedding

MOST_FMR = 1e-2
"""Thresholds are exact up to this false match rate."""
BINS = 20_000
"""Number of bins for cosines from -1 to 1."""
REFUSED = -1.0
"""The cosine of a pair with a refused face; no cosine is lower."""
_KEPT_AT_LEAST = 200_000
_BLOCK = 8_000_000
"""How many cosines are computed at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of faces, highest cosine first: three arrays of shape (n,)."""

    cosines: NDArray[np.float32]
    first: NDArray[np.int32]
    second: NDArray[np.int32]

    @classmethod
    def ordered(cls, cosines: NDArray[np.float32], first: NDArray[np.int32], second: NDArray[np.int32]) -> Pairs:
        order = np.argsort(-cosines, kind="stable")
        return cls(cosines[order], first[order], second[order])

    def __len__(self) -> int:
        return len(self.cosines)

    def above(self, cosine: float) -> int:
        """How many pairs have a higher cosine than this."""
        return len(self) - int(np.searchsorted(self.cosines[::-1], cosine, "right"))

    def reaching(self, cosine: float) -> int:
        """How many pairs have this cosine or a higher one."""
        return len(self) - int(np.searchsorted(self.cosines[::-1], cosine, "left"))


@dataclass(frozen=True, slots=True, eq=False)
class Comparisons:
    """The result of comparing faces. Faces and people are identified by numbers."""

    people: NDArray[np.int64]
    """The person of each face, shape (faces,): numbers from 0 on."""
    genuine: Pairs
    impostors: Pairs
    """The impostor pairs with the highest cosines."""
    impostor_count: int
    """Number of all impostor pairs."""
    histogram: NDArray[np.int64]
    """Histogram of all impostor cosines, shape (BINS,)."""
    all_against_all: bool
    """Whether every face was compared with every other; False for the pairs of a list."""

    @property
    def complete(self) -> bool:
        """Whether `impostors` holds every impostor pair."""
        return len(self.impostors) == self.impostor_count

    def threshold(self, fmr: float) -> float | None:
        """The lowest cosine that is exceeded by no more than a share of `fmr` of the impostor pairs.

        Where they are fewer than 1 / fmr, it is the highest impostor cosine. None where there is no impostor pair.
        Raises ValueError above MOST_FMR, unless every pair is kept.
        """
        if not self.impostor_count:
            return None
        rank = _share_of(fmr, self.impostor_count)
        if rank >= len(self.impostors):
            raise ValueError(f"a false match rate of {fmr} is beyond what was kept")
        return float(self.impostors.cosines[rank])

    def tar(self, threshold: float | None) -> float | None:
        """The share of genuine pairs whose cosine is above the threshold; None if nothing was compared."""
        return (
            self.genuine.above(threshold) / len(self.genuine) if threshold is not None and self.genuine else None
        )

    def tar_at(self, cosine: float) -> float | None:
        """The share of genuine pairs that reach a cosine; None if there are none."""
        return self.genuine.reaching(cosine) / len(self.genuine) if self.genuine else None

    def fmr(self, cosine: float) -> float | None:
        """The share of impostor pairs that reach a cosine; exact where they are kept, else to 1e-4 of cosine."""
        if not self.impostor_count:
            return None
        reached = self.impostors.reaching(cosine)
        if reached == len(self.impostors) and not self.complete:
            reached = int(self.histogram[_bin(np.float64(cosine)) :].sum())
        return reached / self.impostor_count

    def quantile(self, fmr: float) -> float:
        """The cosine that a share of `fmr` of the impostor pairs reach, interpolated between two pairs.

        Exact up to MOST_FMR, else to 1e-4.
        """
        rank = (self.impostor_count - 1) * fmr
        low = int(rank)
        if low + 1 < len(self.impostors):
            pair = self.impostors.cosines[low : low + 2].astype(np.float64)
            return float(pair[0] + (pair[1] - pair[0]) * (rank - low))
        reached = np.cumsum(self.histogram[::-1])
        bin_from_top = int(np.searchsorted(reached, rank, "right"))
        before = reached[bin_from_top - 1] if bin_from_top else 0
        inside = (rank - before) / self.histogram[BINS - 1 - bin_from_top]
        return float(1 - (bin_from_top + inside) * 2 / BINS)


def compare_all(
    embeddings: Embedding,
    people: NDArray[np.int64],
    one_person: Collection[tuple[int, int]] = (),
    refused: NDArray[np.bool_] | None = None,
    kept_from: float = math.inf,
    probes: Embedding | None = None,
) -> Comparisons:
    """Compare every face with every other. Pairs of people who are one person under two names are left out.

    `embeddings`: unit vectors, shape (n, d); `people`: the person of each, shape (n,), numbers from 0 on;
    `refused`: which of the faces the server would compare with nobody, shape (n,). Every impostor pair that
    reaches the cosine `kept_from` is kept, however many they are. `probes`: the embeddings as faces that are asked
    about, where those differ from stored ones.
    """
    sizes = np.bincount(people)
    left_out = _pictures_of_both(people, one_person)
    genuine_count = int((sizes * (sizes - 1) // 2).sum())
    impostor_count = len(people) * (len(people) - 1) // 2 - genuine_count - len(left_out)
    highest = _Highest(max(_share_of(MOST_FMR, impostor_count) + 2, _KEPT_AT_LEAST), kept_from)
    histogram = np.zeros(BINS, np.int64)
    genuine = []
    for start, cosines in _blocks(embeddings, probes, refused):
        stop = start + len(cosines)
        later = np.arange(start, len(people)) > np.arange(start, stop)[:, np.newaxis]
        same = people[start:stop, np.newaxis] == people[start:]
        genuine.append(_pairs_at(cosines, later & same, start))
        others = later & ~same
        for first, second in left_out[(left_out[:, 0] >= start) & (left_out[:, 0] < stop)]:
            others[first - start, second - start] = False
        histogram += np.bincount(_bin(cosines[others]), minlength=BINS)
        highest.add(_pairs_at(cosines, others & (cosines > highest.bound), start))
    return Comparisons(people, _joined(genuine), highest.pairs(), impostor_count, histogram, all_against_all=True)


def compare_listed(
    embeddings: Embedding,
    people: NDArray[np.int64],
    pairs: NDArray[np.int32],
    same: NDArray[np.bool_],
    refused: NDArray[np.bool_] | None = None,
    probes: Embedding | None = None,
) -> Comparisons:
    """Compare the faces that a list names: `pairs` has shape (n, 2), `same` (n,).

    `refused` has a verdict a face; `probes` the embeddings as faces that are asked about, where those differ.
    """
    asked = embeddings if probes is None else probes
    cosines = np.einsum("ij,ij->i", asked[pairs[:, 0]], embeddings[pairs[:, 1]]).astype(np.float32)
    if refused is not None:
        cosines[refused[pairs].any(axis=1)] = REFUSED
    genuine, impostors = (
        Pairs.ordered(cosines[which], pairs[which, 0], pairs[which, 1]) for which in (same, ~same)
    )
    histogram = np.bincount(_bin(impostors.cosines), minlength=BINS)
    return Comparisons(people, genuine, impostors, len(impostors), histogram, all_against_all=False)


def of_cosines(impostors: NDArray[np.float32]) -> Comparisons:
    """Comparisons from impostor cosines alone, shape (n,); their faces are unknown."""
    nobody = np.zeros(len(impostors), np.int32)
    none = Pairs(np.zeros(0, np.float32), np.zeros(0, np.int32), np.zeros(0, np.int32))
    histogram = np.bincount(_bin(impostors), minlength=BINS)
    ordered = Pairs.ordered(impostors, nobody, nobody)
    return Comparisons(np.zeros(0, np.int64), none, ordered, len(impostors), histogram, all_against_all=True)


def _blocks(
    embeddings: Embedding, probes: Embedding | None, refused: NDArray[np.bool_] | None
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Cosines of a block of faces with themselves and all later ones, with the number of the first face."""
    asked = embeddings if probes is None else probes
    rows = max(1, _BLOCK // max(1, len(embeddings)))
    for start in range(0, len(embeddings), rows):
        cosines = asked[start : start + rows] @ embeddings[start:].T
        if refused is not None:
            cosines[refused[start : start + rows]] = REFUSED
            cosines[:, refused[start:]] = REFUSED
        yield start, cosines


@dataclass(slots=True)
class _Highest:
    """Keeps the `limit` highest pairs, or all that reach `kept_from` if these are more."""

    limit: int
    kept_from: float
    bound: float = -np.inf
    """Only pairs with a higher cosine than this are kept."""
    _parts: list[Pairs] = field(default_factory=list)
    _most: int = 0
    """How many pairs may be collected before the highest are selected."""

    def add(self, pairs: Pairs) -> None:
        self._parts.append(pairs)
        if sum(map(len, self._parts)) > max(self._most, 2 * self.limit):
            kept = self.pairs()
            self._parts, self._most = [kept], 2 * len(kept)
            below = np.nextafter(np.float32(self.kept_from), np.float32(-np.inf))
            self.bound = float(min(kept.cosines[-1], below))

    def pairs(self) -> Pairs:
        joined = _unordered(self._parts)
        limit = max(self.limit, int((joined.cosines >= np.float64(self.kept_from)).sum()))
        if len(joined) > limit:
            best = np.argpartition(-joined.cosines, limit - 1)[:limit]
            joined = Pairs(joined.cosines[best], joined.first[best], joined.second[best])
        return Pairs.ordered(joined.cosines, joined.first, joined.second)


def _pairs_at(cosines: NDArray[np.float32], chosen: NDArray[np.bool_], start: int) -> Pairs:
    """The chosen cells of a block of rows and columns that both begin with face `start`."""
    rows, columns = np.nonzero(chosen)
    return Pairs(cosines[rows, columns], (rows + start).astype(np.int32), (columns + start).astype(np.int32))


def _joined(parts: Iterable[Pairs]) -> Pairs:
    joined = _unordered(parts)
    return Pairs.ordered(joined.cosines, joined.first, joined.second)


def _unordered(parts: Iterable[Pairs]) -> Pairs:
    columns = list(zip(*((part.cosines, part.first, part.second) for part in parts), strict=True))
    if not columns:
        return Pairs(np.zeros(0, np.float32), np.zeros(0, np.int32), np.zeros(0, np.int32))
    cosines, first, second = (np.concatenate(column) for column in columns)
    return Pairs(cosines, first, second)


def _pictures_of_both(people: NDArray[np.int64], one_person: Collection[tuple[int, int]]) -> NDArray[np.int64]:
    """Every pair of faces of two people who are one, the earlier face first; shape (n, 2)."""
    pairs = {
        (min(int(first), int(second)), max(int(first), int(second)))
        for a, b in one_person
        for first in np.flatnonzero(people == a)
        for second in np.flatnonzero(people == b)
    }
    return np.array(sorted(pairs), np.int64).reshape(-1, 2)


def _bin(cosines: NDArray[np.floating] | np.floating) -> NDArray[np.int64]:
    return np.clip(np.floor((np.asarray(cosines, np.float64) + 1) * (BINS / 2)), 0, BINS - 1).astype(np.int64)


def _share_of(fmr: float, count: int) -> int:
    """The number of pairs that are a share of `fmr` of `count`, safe against rounding."""
    return int(fmr * count + 1e-9)
