"""The next state of a group's parts, while it is being made and nobody sees it."""

from __future__ import annotations

from typing import TypeAlias

from visavis.index.blocks import BLOCK_ROWS, Block, Part, Positions, Sequences, joined
from visavis.types import Embedding

Stale: TypeAlias = list[tuple[Block, slice | Positions]]
"""Rows that hold what is no longer part of the group."""

_DEAD_ROWS = 64
"""So many dead rows are left where they are, whatever the size of their block."""


class IndexBuilder:
    """Parts that begin as those of the published snapshot."""

    def __init__(self, published: tuple[Part, ...], *, coded: bool) -> None:
        self.parts = list(published)
        self._published = published
        self._coded = coded
        self._made: list[Block] = []
        self._gone: Stale = []

    def append(self, sequences: Sequences, rows: Embedding, expected: int) -> None:
        """Add rows after all that are there; `expected` tells for how many to make room at once."""
        while len(rows):
            if not self.parts or self.parts[-1].size == BLOCK_ROWS:
                self.parts.append(
                    self._noted(Part.empty(max(len(rows), expected), rows.shape[1], coded=self._coded))
                )
            last = self.parts[-1]
            count = min(len(rows), BLOCK_ROWS - last.size)
            needed = last.size + count
            if needed > last.block.capacity:
                last = self._noted(joined([last], max(needed + needed // 4, last.size + expected)))
            self.parts[-1] = last.with_rows(sequences[:count], rows[:count])
            sequences, rows, expected = sequences[count:], rows[count:], expected - count

    def remove(self, sequences: Sequences) -> None:
        """Take out those of these faces that are there."""
        for number, part in enumerate(self.parts if len(sequences) else ()):
            positions = part.positions(sequences)
            if len(positions):
                self.parts[number] = part.without(positions)
                self._gone.append((part.block, positions))

    def tidy(self) -> None:
        """Move parts of which a quarter is dead to new blocks; small ones together, so that there are few."""
        tidied: list[Part] = []
        for part in self.parts:
            if part.dead <= max(_DEAD_ROWS, part.size // 4):
                tidied.append(part)
                continue
            near = [part]
            if tidied and tidied[-1].live <= min(2 * part.live, BLOCK_ROWS - part.live):
                near.insert(0, tidied.pop())
            size = sum(each.live for each in near)
            if size:
                tidied.append(self._noted(joined(near, size)))
        self.parts = tidied

    def settle(self) -> Stale:
        """Zero what nobody has seen and nobody will; tells what to zero once the published snapshot is gone."""
        shown, kept = _blocks(self._published), _blocks(self.parts)
        stale: Stale = [(block, slice(None)) for block in shown if block not in kept]
        for block, where in self._gone:
            if block not in shown:
                block.zero(where)
            elif block in kept:
                stale.append((block, where))
        for block in self._made:
            if block not in kept:
                block.zero()
        return stale

    def undo(self) -> None:
        """Zero everything that was written."""
        for block in self._made:
            block.zero()
        for part in self._published[-1:]:
            part.block.zero(slice(part.size, None))

    def _noted(self, part: Part) -> Part:
        self._made.append(part.block)
        return part


def _blocks(parts: tuple[Part, ...] | list[Part]) -> set[Block]:
    return {part.block for part in parts}
