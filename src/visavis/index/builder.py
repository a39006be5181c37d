"""Builds the next snapshot of a group before it is published."""

from __future__ import annotations

from typing import TypeAlias

from visavis.index.blocks import BLOCK_ROWS, Block, Part, Positions, Sequences, joined
from visavis.types import Embedding

Stale: TypeAlias = list[tuple[Block, slice | Positions]]
"""Rows with embeddings that are no longer part of the group, to be erased."""

_DEAD_ROWS = 64
"""A part with no more dead rows than this is never compacted."""


class IndexBuilder:
    """Starts with the parts of the published snapshot and changes them."""

    def __init__(self, published: tuple[Part, ...], *, coded: bool) -> None:
        self.parts = list(published)
        self._published = published
        self._coded = coded
        self._new_blocks: list[Block] = []
        self._removed: Stale = []

    def append(self, sequences: Sequences, rows: Embedding, expected: int) -> None:
        """Append rows; `expected` is the number of rows to allocate for."""
        while len(rows):
            if not self.parts or self.parts[-1].size == BLOCK_ROWS:
                self.parts.append(
                    self._tracked(Part.empty(max(len(rows), expected), rows.shape[1], coded=self._coded))
                )
            last = self.parts[-1]
            count = min(len(rows), BLOCK_ROWS - last.size)
            needed = last.size + count
            if needed > last.block.capacity:
                last = self._tracked(joined([last], max(needed + needed // 4, last.size + expected)))
            self.parts[-1] = last.with_rows(sequences[:count], rows[:count])
            sequences, rows, expected = sequences[count:], rows[count:], expected - count

    def remove(self, sequences: Sequences) -> None:
        """Remove the faces with these sequences; unknown sequences are ignored."""
        for number, part in enumerate(self.parts if len(sequences) else ()):
            positions = part.positions(sequences)
            if len(positions):
                self.parts[number] = part.without(positions)
                self._removed.append((part.block, positions))

    def tidy(self) -> None:
        """Copy parts of which a quarter is dead to new blocks, and join small ones, so that there are few."""
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
                tidied.append(self._tracked(joined(near, size)))
        self.parts = tidied

    def erase_unpublished(self) -> Stale:
        """Erase rows that no snapshot uses; return rows to erase after the published snapshot is freed."""
        shown, kept = _blocks(self._published), _blocks(self.parts)
        stale: Stale = [(block, slice(None)) for block in shown if block not in kept]
        for block, where in self._removed:
            if block not in shown:
                block.zero(where)
            elif block in kept:
                stale.append((block, where))
        for block in self._new_blocks:
            if block not in kept:
                block.zero()
        return stale

    def undo(self) -> None:
        """Erase everything that was written since the published snapshot."""
        for block in self._new_blocks:
            block.zero()
        for part in self._published[-1:]:
            part.block.zero(slice(part.size, None))

    def _tracked(self, part: Part) -> Part:
        self._new_blocks.append(part.block)
        return part


def _blocks(parts: tuple[Part, ...] | list[Part]) -> set[Block]:
    return {part.block for part in parts}
