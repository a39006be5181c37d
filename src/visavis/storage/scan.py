"""Which faces are the most like a probe: exactly, and mostly by looking at int8 codes.

Every row has a proven interval that its cosine lies in. The k-th largest lower end is a floor that the k best
reach; rows whose upper end is below it, or below the least cosine asked for, are out. The few that are left are
compared in float32, of which the error is known as well, and the last of them in float64, which is the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from visavis.storage.blocks import Part, Positions
from visavis.storage.kernels import ROWS_AT_ONCE, Codes, Kernel, Scores
from visavis.storage.quantised import ROUNDING, TINY, Floats, QuantisedProbe, lengths
from visavis.types import Embedding

Cosines: TypeAlias = NDArray[np.float64]
AnyScores: TypeAlias = NDArray[np.int32] | NDArray[np.float32]

_FIRST_ROWS = 8192
"""The first rows are looked at alone: they give a floor by which most of the others are out at one look."""

_FEW = 128
"""So few candidates go to float64 without a look in float32."""

_AT_ONCE = 1 << 16
"""How many components are compared again at once: their copies stay in the cache."""

_LARGEST_SCORE = int(np.iinfo(np.int32).max)


class Bounds(Protocol):
    """A first look at rows for one probe: a score each, and between what cosines it means."""

    def scores(self, part: Part, rows: slice) -> AnyScores:
        """One score a row, shape (n,)."""
        ...

    def least_score(self, part: Part, floor: float) -> float | None:
        """Rows below this score cannot reach the cosine `floor`; None if the score alone does not tell."""
        ...

    def intervals(
        self, part: Part, rows: slice | Positions, scores: AnyScores
    ) -> tuple[Floats, Floats | np.float32]:
        """The middles of the rows' intervals, and half their widths."""
        ...


class Int8Bounds:
    """Scores are dot products of codes."""

    def __init__(self, probe: Embedding, kernel: Kernel) -> None:
        self._probe = QuantisedProbe.of(probe)
        self._dots: Callable[[Codes], Scores] = kernel(self._probe.codes)

    def scores(self, part: Part, rows: slice) -> AnyScores:
        count = rows.stop - rows.start
        whole = -(-count // ROWS_AT_ONCE) * ROWS_AT_ONCE  # blocks have room for it; what lies there is ignored
        return self._dots(part.block.codes[rows.start : rows.start + whole])[:count]

    def least_score(self, part: Part, floor: float) -> float | None:
        most = part.extremes
        needed = floor - self._probe.coded_length * most.residual - self._probe.rest(most.length)
        largest = self._probe.scale * most.scale
        if needed <= 0 or largest == 0:
            return None
        return min(int(needed / largest * (1 - 8 * ROUNDING)), _LARGEST_SCORE)

    def intervals(
        self, part: Part, rows: slice | Positions, scores: AnyScores
    ) -> tuple[Floats, Floats | np.float32]:
        middles = scores.astype(np.float32)
        middles *= part.block.scales[rows]
        middles *= np.float32(self._probe.scale)
        widths = part.block.residuals[rows] * np.float32(self._probe.coded_length)
        widths += np.float32(self._probe.rest(part.extremes.length))
        return middles, widths


class Float32Bounds:
    """Scores are float32 cosines."""

    def __init__(self, probe: Embedding) -> None:
        self._probe = probe
        # A float32 dot product of d terms errs by at most d * 2**-24 of the lengths or so (Higham, Accuracy and
        # Stability of Numerical Algorithms, 3.1): here twice that, and something for what is done with it.
        self._margin = (2 * len(probe) + 32) * ROUNDING * float(lengths(probe[None])[0])

    def scores(self, part: Part, rows: slice | Positions) -> AnyScores:
        if isinstance(rows, slice):
            # One thread: `rows @ probe` takes no less, and may take the cores of other requests as well.
            contiguous: Floats = np.einsum("ij,j->i", part.block.rows[rows], self._probe)
            return contiguous
        if 2 * len(rows) > part.size:  # to copy them out would take longer
            return self.scores(part, slice(0, part.size))[rows]
        scores = np.empty(len(rows), np.float32)
        step = max(_AT_ONCE // len(self._probe), 1)
        for start in range(0, len(rows), step):
            few = part.block.rows[rows[start : start + step]]
            np.einsum("ij,j->i", few, self._probe, out=scores[start : start + step])
        return scores

    def least_score(self, part: Part, floor: float) -> float | None:
        return floor - 2 * self._width(part)

    def intervals(
        self,
        part: Part,
        rows: slice | Positions,  # noqa: ARG002 - the interface
        scores: AnyScores,
    ) -> tuple[Floats, Floats | np.float32]:
        return scores.astype(np.float32, copy=False), np.float32(self._width(part))

    def _width(self, part: Part) -> float:
        return self._margin * part.extremes.length + TINY


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rows of a part that may be among the best, and the upper ends of their intervals."""

    part: Part
    positions: Positions
    uppers: Floats

    def above(self, floor: float) -> Candidates:
        return self._chosen(np.flatnonzero(self.uppers >= floor))

    def split(self, count: int) -> tuple[Candidates, Candidates]:
        """The `count` of highest upper ends, and the others."""
        if len(self.positions) <= count:
            return self, self._chosen(np.empty(0, np.intp))
        order = np.argpartition(self.uppers, -count)
        return self._chosen(order[-count:]), self._chosen(order[:-count])

    def _chosen(self, which: Positions) -> Candidates:
        return Candidates(self.part, self.positions[which], self.uppers[which])


class Scan:
    """A search for the `k` best of at least `min_cosine`: what it has found in the rows it has looked at."""

    def __init__(self, probe: Embedding, k: int, min_cosine: float) -> None:
        self._closer = Float32Bounds(probe)
        self._k = k
        self._floor = min_cosine
        self._lowers: Floats = np.empty(0, np.float32)
        self._found: list[Candidates] = []

    def look_through(self, bounds: Bounds, part: Part, exclude: int | None) -> None:
        """Look at all rows of a part, but the one at the position `exclude`."""
        start = 0
        while start < part.size:
            stop = _FIRST_ROWS if not self._found and part.size > 2 * _FIRST_ROWS else part.size
            rows = slice(start, stop)
            scores, least = bounds.scores(part, rows), bounds.least_score(part, self._floor)
            hits: Positions | None = None if least is None else np.flatnonzero(scores >= least)
            if part.dead or exclude is not None:
                hits = _without(part, rows, np.arange(len(scores)) if hits is None else hits, exclude)
            if hits is None:
                kept = self._note(part, rows, *bounds.intervals(part, rows, scores))
            else:
                where = start + hits
                kept = self._note(part, where, *bounds.intervals(part, where, scores[hits]))
            if kept > max(len(scores) // 2, 2 * self._k):
                bounds = self._closer  # these rows are too much alike: they would all be looked at twice
            start = stop

    def look_closer(self, found: list[Candidates]) -> None:
        """Look at candidates of another scan: first at the likeliest, whose cosines may rule out the others."""
        halves = [each.split(max(2 * self._k, _FEW)) for each in found]
        for likely in [first for first, _ in halves] + [rest for _, rest in halves]:
            each = likely.above(self._floor)
            scores = self._closer.scores(each.part, each.positions)
            self._note(each.part, each.positions, *self._closer.intervals(each.part, each.positions, scores))

    def _note(self, part: Part, rows: slice | Positions, middles: Floats, widths: Floats | np.float32) -> int:
        """Keep those of the rows that may be among the best; tells how many."""
        self._raise_floor(middles - widths)
        uppers = middles + widths
        kept = np.flatnonzero(uppers >= self._floor)
        positions = rows.start + kept if isinstance(rows, slice) else rows[kept]
        self._found.append(Candidates(part, positions, uppers[kept]))
        return len(kept)

    def _raise_floor(self, lowers: Floats) -> None:
        """The k best of all rows reach the k-th largest of these lower ends and those seen before."""
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
    """The k best of the candidates, (sequence, cosine) each; best first, ties by highest sequence."""
    if sum(len(each.positions) for each in found) > max(k, _FEW):
        closer = Scan(probe, k, min_cosine)
        closer.look_closer(found)
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


def _without(part: Part, rows: slice, hits: Positions, exclude: int | None) -> Positions:
    """The hits that are alive and are not the row at `exclude`."""
    kept = part.alive[rows][hits]
    if exclude is not None:
        kept &= hits != exclude - rows.start
    return hits[kept]


def _float64_cosines(candidates: Candidates, probe: Embedding) -> Cosines:
    """Dot products, each summed along its own row, so that where a row stands does not matter."""
    positions, wide_probe = candidates.positions, probe.astype(np.float64)
    cosines = np.empty(len(positions), np.float64)
    step = max(_AT_ONCE // len(probe), 1)
    for start in range(0, len(positions), step):
        rows = candidates.part.block.rows[positions[start : start + step]].astype(np.float64)
        rows *= wide_probe
        rows.sum(axis=1, out=cosines[start : start + step])
    return cosines
