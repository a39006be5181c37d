"""Exact search for the faces that are most similar to a probe, mostly on int8 codes.

The cosine of every row lies in a proven interval. The k best rows reach the k-th largest lower end, the floor.
Rows whose upper end is below the floor, or below the least cosine, are excluded. The few other rows are compared
in float32, whose error is known too, and the last of them in float64, which gives the result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from visavis.index.blocks import Part, Positions
from visavis.index.kernels import ROWS_AT_ONCE, Codes, Kernel, Scores
from visavis.index.quantised import ROUNDING, TINY, Floats, QuantisedProbe, lengths
from visavis.types import Embedding

Cosines: TypeAlias = NDArray[np.float64]
FloatsOrOne = TypeVar("FloatsOrOne", Floats, np.float32)

_FOLD = 64
"""How many rows share a maximum. The k-th largest maximum is found fast, and is close to that of all rows."""

_FEW = 128
"""No more candidates than this are compared in float64 without float32 before."""

_AT_ONCE = 1 << 16
"""How many components are compared again at a time, so that their copies stay in the cache."""

_OUT = np.float32(-np.inf)
_LOWEST = float(np.finfo(np.float32).min)


class Bounds(Protocol):
    """Approximate cosines of rows with one probe, and bounds on their error."""

    def middles(self, part: Part) -> Floats:
        """The middles of all rows' intervals, shape (n,); a new array."""
        ...

    def widest(self, part: Part) -> float:
        """An upper bound on half the width of any row's interval."""
        ...

    def widths(self, part: Part, positions: Positions) -> Floats | np.float32:
        """Half the widths of these rows' intervals, shape (n,) or one number for all."""
        ...


class Int8Bounds:
    """Bounds from dot products of int8 codes."""

    def __init__(self, probe: Embedding, kernel: Kernel) -> None:
        self._probe = QuantisedProbe.of(probe)
        self._dots: Callable[[Codes], Scores] = kernel(self._probe.codes)

    def middles(self, part: Part) -> Floats:
        whole = -(-part.size // ROWS_AT_ONCE) * ROWS_AT_ONCE  # blocks have room for it; the extra rows are ignored
        middles: Floats = self._dots(part.block.codes[:whole])[: part.size].astype(np.float32)
        middles *= part.block.scales[: part.size]
        middles *= np.float32(self._probe.scale)
        return middles

    def widest(self, part: Part) -> float:
        return float(self._widths(part, np.float32(part.extremes.residual)))

    def widths(self, part: Part, positions: Positions) -> Floats | np.float32:
        return self._widths(part, part.block.residuals[positions])

    def _widths(self, part: Part, residuals: FloatsOrOne) -> FloatsOrOne:
        return residuals * np.float32(self._probe.coded_length) + np.float32(
            self._probe.rest(part.extremes.length)
        )


class Float32Bounds:
    """Bounds from float32 dot products."""

    def __init__(self, probe: Embedding) -> None:
        self._probe = probe
        # A float32 dot product of d terms errs by at most d * 2**-24 of the lengths or so (Higham, Accuracy and
        # Stability of Numerical Algorithms, 3.1). This is twice that, and a margin for further operations.
        self._margin = (2 * len(probe) + 32) * ROUNDING * float(lengths(probe[None])[0])

    def middles(self, part: Part) -> Floats:
        # One thread: `rows @ probe` is not faster, and may use the cores of other requests.
        middles: Floats = np.einsum("ij,j->i", part.rows, self._probe)
        return middles

    def middles_at(self, part: Part, positions: Positions) -> Floats:
        """The middles of the intervals of some rows, shape (n,); a new array."""
        if 2 * len(positions) > part.size:  # copying the rows would take longer
            return self.middles(part)[positions]
        middles = np.empty(len(positions), np.float32)
        step = max(_AT_ONCE // len(self._probe), 1)
        for start in range(0, len(positions), step):
            few = part.block.rows[positions[start : start + step]]
            np.einsum("ij,j->i", few, self._probe, out=middles[start : start + step])
        return middles

    def widest(self, part: Part) -> float:
        return self._margin * part.extremes.length + TINY

    def widths(self, part: Part, positions: Positions) -> Floats | np.float32:  # noqa: ARG002 - the interface
        return np.float32(self.widest(part))


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rows of a part that may be among the best, and the upper ends of their intervals."""

    part: Part
    positions: Positions
    uppers: Floats

    def above(self, floor: float) -> Candidates:
        return self._chosen(np.flatnonzero(self.uppers >= floor))

    def split(self, count: int) -> tuple[Candidates, Candidates]:
        """The `count` candidates with the highest upper ends, and the others."""
        if len(self.positions) <= count:
            return self, self._chosen(np.empty(0, np.intp))
        order = np.argpartition(self.uppers, -count)
        return self._chosen(order[-count:]), self._chosen(order[:-count])

    def _chosen(self, which: Positions) -> Candidates:
        return Candidates(self.part, self.positions[which], self.uppers[which])


class Scan:
    """A search for the `k` best rows with at least `min_cosine`, over the parts that were scanned so far."""

    def __init__(self, probe: Embedding, k: int, min_cosine: float) -> None:
        self.closer = Float32Bounds(probe)
        """What candidates are compared by again, and a small group at once."""
        self._k = k
        self._floor = max(min_cosine, _LOWEST)
        self._lowers: Floats = np.empty(0, np.float32)
        self._found: list[Candidates] = []

    def scan_part(self, bounds: Bounds, part: Part, exclude: int | None) -> None:
        """Scan all rows of a part, without the one at the position `exclude`."""
        middles, widest = bounds.middles(part), bounds.widest(part)
        if part.dead:
            middles[~part.alive[: part.size]] = _OUT
        if exclude is not None:
            middles[exclude] = _OUT
        heights = _Heights(middles, self._k)
        if heights.columns_reaching(self._floor - widest) > max(2 * self._k, _FEW):
            self._floor = max(self._floor, heights.reached_by(self._k) - widest)
        positions = heights.reaching(self._floor - widest)
        if bounds is not self.closer and 2 * len(positions) > max(part.size, 4 * self._k):
            self.scan_part(self.closer, part, exclude)  # too similar: nearly all would be compared again
        else:
            self._keep(part, positions, middles[positions], bounds.widths(part, positions))

    def compare_again(self, found: list[Candidates]) -> None:
        """Compare the candidates of another scan in float32, the likeliest first, which may exclude the others."""
        halves = [each.split(max(2 * self._k, _FEW)) for each in found]
        for likely in [first for first, _ in halves] + [rest for _, rest in halves]:
            each = likely.above(self._floor)
            middles = self.closer.middles_at(each.part, each.positions)
            self._keep(each.part, each.positions, middles, self.closer.widths(each.part, each.positions))

    def _keep(self, part: Part, positions: Positions, middles: Floats, widths: Floats | np.float32) -> None:
        """Keep the rows that may be among the best."""
        self._raise_floor(middles - widths)
        self._found.append(Candidates(part, positions, middles + widths).above(self._floor))

    def _raise_floor(self, lowers: Floats) -> None:
        """Raise the floor to the k-th largest of all lower ends so far."""
        lowers = np.concatenate([self._lowers, lowers[lowers >= self._floor]])
        if len(lowers) >= self._k:
            lowers = np.partition(lowers, -self._k)[-self._k :]
            self._floor = max(self._floor, float(lowers[0]))
        self._lowers = lowers

    def candidates(self) -> list[Candidates]:
        """All rows that may be among the best."""
        above = [found.above(self._floor) for found in self._found]
        return [found for found in above if len(found.positions)]


def ranked(found: list[Candidates], probe: Embedding, k: int, min_cosine: float) -> list[tuple[int, float]]:
    """The k best candidates as pairs of (sequence, cosine), best first, ties by highest sequence."""
    if sum(len(each.positions) for each in found) > max(k, _FEW):
        closer = Scan(probe, k, min_cosine)
        closer.compare_again(found)
        found = closer.candidates()
    if not found:
        return []
    cosines = np.concatenate([_float64_cosines(each, probe) for each in found])
    sequences = np.concatenate([each.part.sequences[each.positions] for each in found])
    least = min_cosine if len(cosines) <= k else max(min_cosine, float(np.partition(cosines, -k)[-k]))
    kept = cosines >= least
    sequences, cosines = sequences[kept], cosines[kept]
    best = np.lexsort((-sequences, -cosines))[:k]
    return list(zip(sequences[best].tolist(), cosines[best].tolist(), strict=True))


class _Heights:
    """The middles of a part, and the maximum of each column of rows, by which high middles are found fast."""

    def __init__(self, middles: Floats, k: int) -> None:
        fold = max(min(_FOLD, len(middles) // (4 * k)), 1)
        self._middles = middles
        self._columns = len(middles) // fold
        folded = middles[: self._columns * fold].reshape(fold, self._columns)
        self._tops = folded.max(axis=0) if fold > 1 else middles
        self._rows: Positions = np.arange(0, self._columns * fold, self._columns)[:, None]
        self._beyond: Positions = np.arange(self._columns * fold, len(middles))

    def columns_reaching(self, threshold: float) -> int:
        return int(np.count_nonzero(self._tops >= threshold))

    def reached_by(self, k: int) -> float:
        """A value that the k largest middles reach."""
        return float(np.partition(self._tops, -k)[-k]) if len(self._tops) >= k else -np.inf

    def reaching(self, threshold: float) -> Positions:
        """The positions of middles that are at least `threshold`."""
        columns = np.flatnonzero(self._tops >= threshold)
        if 4 * len(columns) > self._columns:
            return np.flatnonzero(self._middles >= threshold)
        some: Positions = np.concatenate([(columns + self._rows).ravel(), self._beyond])
        return some[self._middles[some] >= threshold]


def _float64_cosines(candidates: Candidates, probe: Embedding) -> Cosines:
    """Dot products in float64, each summed along its own row: the result does not depend on its position."""
    positions, wide_probe = candidates.positions, probe.astype(np.float64)
    cosines = np.empty(len(positions), np.float64)
    step = max(_AT_ONCE // len(probe), 1)
    for start in range(0, len(positions), step):
        rows = candidates.part.block.rows[positions[start : start + step]].astype(np.float64)
        rows *= wide_probe
        rows.sum(axis=1, out=cosines[start : start + step])
    return cosines
