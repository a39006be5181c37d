"""Exact cosine search in memory for one group.

The index publishes immutable snapshots. Readers take the current one and search it without a lock; a writer never
changes rows that a published snapshot uses. Rows of deleted faces are erased as soon as the last snapshot with
them is freed, which CPython's reference counting does at once.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from visavis.index.blocks import Part, Sequences
from visavis.index.builder import IndexBuilder, Stale
from visavis.index.kernels import Kernel, best_kernel
from visavis.index.scan import Int8Bounds, Scan, ranked
from visavis.types import Embedding

_FEW_ROWS = 256
"""Up to this number, rows are compared in float32 in less time than it takes to make codes of a probe."""


@dataclass(eq=False, slots=True, weakref_slot=True)
class Snapshot:
    """The faces of a group at one of its versions, in parts with ascending sequences."""

    version: int
    parts: tuple[Part, ...]
    kernel: Kernel | None
    successor: Snapshot | None = field(default=None, repr=False)

    def search(
        self, probe: Embedding, k: int, min_cosine: float, exclude: int | None = None
    ) -> list[tuple[int, float]]:
        """The `k` faces of highest cosine to `probe`, at least `min_cosine`, without the sequence `exclude`.

        `probe` is a unit vector, shape (d,). Returns pairs of (sequence, cosine), best first, ties by highest
        sequence. Exact: cosines are float64 dot products, and equal embeddings have exactly equal cosines. Uses
        one thread.
        """
        if k < 1 or not self.parts:
            return []
        scan = Scan(probe, k, min_cosine)
        few = sum(part.size for part in self.parts) <= _FEW_ROWS
        bounds = scan.closer if few or self.kernel is None else Int8Bounds(probe, self.kernel)
        for part in self.parts:
            at = [] if exclude is None else part.positions(np.array([exclude])).tolist()
            scan.scan_part(bounds, part, at[0] if at else None)
        return ranked(scan.candidates(), probe, k, min_cosine)

    def has(self, sequence: int) -> bool:
        """Whether the face of this sequence is there."""
        wanted = np.array([sequence])
        return any(part.alive[part.positions(wanted)].any() for part in self.parts)


class VectorIndex:
    """The current snapshot of a group, which `update` replaces. One writer at a time; readers take no lock."""

    def __init__(self, choose_kernel: Callable[[], Kernel | None] = best_kernel) -> None:
        self.snapshot = Snapshot(0, (), choose_kernel())

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays of embeddings and codes, including spare capacity."""
        return sum(part.block.nbytes for part in self.snapshot.parts)

    def update(
        self,
        version: int,
        added: Iterable[tuple[Sequences, Embedding]] = (),
        removed: Iterable[int] = (),
        expected: int = 0,
    ) -> None:
        """Publish the snapshot of `version`: the current one with `added` appended and `removed` taken out.

        `added` comes in batches of (sequences, embeddings), shapes (n,) and (n, d), with ascending sequences above
        all present ones; memory for `expected` faces is allocated at once. Unknown sequences in `removed` are
        ignored. If a batch raises, nothing changes.
        """
        old = self.snapshot
        builder = IndexBuilder(old.parts, coded=old.kernel is not None)
        try:
            for sequences, rows in added:
                builder.append(sequences, rows, expected)
                expected -= len(rows)
            builder.remove(np.fromiter(removed, np.int64))
            builder.tidy()
        except BaseException:
            builder.undo()
            raise
        self._publish(Snapshot(version, tuple(builder.parts), old.kernel), builder.erase_unpublished())

    def clear(self) -> None:
        """Erase everything and publish the empty snapshot of version 0."""
        old = self.snapshot
        self._publish(Snapshot(0, (), old.kernel), [(part.block, slice(None)) for part in old.parts])

    def _publish(self, new: Snapshot, stale: Stale) -> None:
        old = self.snapshot
        # An older snapshot keeps newer ones alive, so `old` is freed after all older ones with the same rows.
        old.successor = new
        if stale:
            weakref.finalize(old, _zero, stale).atexit = False
        self.snapshot = new


def _zero(stale: Stale) -> None:
    for block, where in stale:
        block.zero(where)
