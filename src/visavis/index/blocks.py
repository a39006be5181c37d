"""The arrays that hold a group's embeddings: blocks of limited size, so that growth copies at most one block."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from visavis.index.kernels import Codes
from visavis.index.quantised import Floats, lengths, quantise
from visavis.types import Embedding

Positions: TypeAlias = NDArray[np.intp]
Sequences: TypeAlias = NDArray[np.int64]
Alive: TypeAlias = NDArray[np.bool_]

BLOCK_ROWS = 65536
"""Rows of a block. Its int32 scores fit a CPU's second-level cache; at 512 dimensions the block takes 170 MB."""

_STEP_ROWS = 64
"""The capacity of a block is a multiple of this, as kernels need it."""

_AT_ONCE = 1 << 17
"""How many components are quantised at a time, so that temporary arrays stay in the cache."""


class Block:
    """Arrays with room for rows: embeddings, sequences of faces and, if `coded`, the codes of `quantise`."""

    __slots__ = ("codes", "residuals", "rows", "scales", "sequences")

    def __init__(self, capacity: int, width: int, *, coded: bool) -> None:
        capacity = min(-(-capacity // _STEP_ROWS) * _STEP_ROWS, BLOCK_ROWS)
        self.rows: Embedding = np.zeros((capacity, width), np.float32)
        self.sequences: Sequences = np.zeros(capacity, np.int64)
        self.codes: Codes = np.zeros((capacity, width if coded else 0), np.int8)
        self.scales: Floats = np.zeros(capacity, np.float32)
        self.residuals: Floats = np.zeros(capacity, np.float32)

    @property
    def capacity(self) -> int:
        return len(self.rows)

    @property
    def coded(self) -> bool:
        return bool(self.codes.shape[1])

    @property
    def nbytes(self) -> int:
        return self.sequences.nbytes + sum(array.nbytes for array in self.arrays())

    def write(self, where: slice, sequences: Sequences, rows: Embedding) -> None:
        """Write rows at positions that no reader uses yet; shapes (n,) and (n, d)."""
        self.sequences[where], self.rows[where] = sequences, rows
        if self.coded:
            self.codes[where], self.scales[where], self.residuals[where] = quantise(rows)

    def take(self, start: int, source: Block, where: slice | Positions) -> None:
        """Copy rows of another block to positions from `start` on, which no reader uses yet."""
        pairs = zip((self.sequences, *self.arrays()), (source.sequences, *source.arrays()), strict=True)
        for mine, theirs in pairs:
            chosen = theirs[where]
            mine[start : start + len(chosen)] = chosen

    def zero(self, where: slice | Positions = slice(None)) -> None:
        """Erase these embeddings. Their sequences stay, since they are searched by bisection."""
        for array in self.arrays():
            array[where] = 0

    def arrays(self) -> tuple[NDArray[np.generic], ...]:
        """The arrays about embeddings; their first axis is the position."""
        return self.rows, self.codes, self.scales, self.residuals


@dataclass(frozen=True, slots=True)
class Extremes:
    """Upper bounds on the residuals and lengths of some rows."""

    residual: float = 0.0
    length: float = 0.0

    def widened(self, other: Extremes) -> Extremes:
        return Extremes(max(self.residual, other.residual), max(self.length, other.length))


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The first `size` rows of a block in one snapshot; rows that are not `alive` are of deleted faces.

    Sequences ascend with the row. A change makes a new part, and writes only rows that no published part uses.
    """

    block: Block
    size: int
    dead: int
    """How many of the rows are not alive."""
    alive: Alive
    """One flag for each row of the block's capacity; it is set for rows that are not used yet."""
    extremes: Extremes

    @classmethod
    def empty(cls, capacity: int, width: int, *, coded: bool) -> Part:
        block = Block(capacity, width, coded=coded)
        return cls(block, 0, 0, np.ones(block.capacity, np.bool_), Extremes())

    @property
    def live(self) -> int:
        return self.size - self.dead

    @property
    def rows(self) -> Embedding:
        return self.block.rows[: self.size]

    @property
    def sequences(self) -> Sequences:
        return self.block.sequences[: self.size]

    def live_rows(self, rows: slice) -> slice | Positions:
        """The positions out of `rows` that are alive."""
        return rows.start + np.flatnonzero(self.alive[rows]) if self.dead else rows

    def with_rows(self, sequences: Sequences, rows: Embedding) -> Part:
        """The part with these rows appended; the block must have room for them."""
        extremes = self.extremes
        step = max(_AT_ONCE // rows.shape[1], 1)
        for start in range(0, len(rows), step):
            few = rows[start : start + step]
            where = slice(self.size + start, self.size + start + len(few))
            self.block.write(where, sequences[start : start + step], few)
            extremes = extremes.widened(
                Extremes(float(self.block.residuals[where].max()), float(lengths(few).max()))
            )
        return replace(self, size=self.size + len(rows), extremes=extremes)

    def without(self, positions: Positions) -> Part:
        """The part with the rows at these positions marked as dead."""
        alive = self.alive.copy()
        alive[positions] = False
        return replace(self, alive=alive, dead=self.size - int(np.count_nonzero(alive[: self.size])))

    def positions(self, wanted: Sequences) -> Positions:
        """The positions of the wanted sequences; sequences that the part does not have are left out."""
        found: Positions = np.searchsorted(self.sequences, wanted)
        inside = found < self.size
        found, wanted = found[inside], wanted[inside]
        present: Positions = found[self.sequences[found] == wanted]
        return present


def joined(parts: Iterable[Part], capacity: int) -> Part:
    """A part with the live rows of several parts, in a new block of this capacity."""
    parts = list(parts)
    first = parts[0].block
    whole = Part.empty(capacity, first.rows.shape[1], coded=first.coded)
    size, extremes = 0, Extremes()
    for part in parts:
        whole.block.take(size, part.block, part.live_rows(slice(0, part.size)))
        size += part.live
        extremes = extremes.widened(part.extremes)
    return replace(whole, size=size, extremes=extremes)
