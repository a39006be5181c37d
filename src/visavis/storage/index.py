"""Exact cosine search in memory for one group.

The index publishes immutable snapshots. Readers take the current one and search it without a lock; a writer never
changes anything that a published snapshot shows. Rows of deleted faces are zeroed as soon as the last snapshot
that shows them is gone, which CPython's reference counts tell at once.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from visavis.types import Embedding

Positions = NDArray[np.intp]
Sequences = NDArray[np.int64]

_RERANK_ROWS = 4096


@dataclass(eq=False, slots=True, weakref_slot=True)
class Snapshot:
    """The faces of a group at one of its versions: row i holds the embedding of the face `sequences[i]`.

    Sequences ascend with the row. A row that is not `alive` belongs to a face that is gone.
    """

    version: int
    rows: Embedding
    sequences: Sequences
    alive: NDArray[np.bool_]
    successor: Snapshot | None = field(default=None, repr=False)

    def search(
        self, probe: Embedding, k: int, min_cosine: float, exclude: int | None = None
    ) -> list[tuple[int, float]]:
        """The `k` faces of highest cosine to `probe`, at least `min_cosine`, but not the sequence `exclude`.

        `probe` is a unit vector, shape (d,). Best first, ties by highest sequence; (sequence, cosine) each. Exact:
        the cosines are float64 dot products, and equal embeddings have exactly equal cosines.
        """
        if k < 1 or not len(self.sequences):
            return []
        # One thread: `rows @ probe` takes no less, and may take the cores of other requests as well.
        scores = np.einsum("ij,j->i", self.rows, probe)
        # A float32 dot product of two unit vectors errs by at most d * 2**-24 or so (Higham, Accuracy and
        # Stability of Numerical Algorithms, 3.1): with twice that as margin the exact ranking misses no match.
        margin = 2 * len(probe) * 2.0**-24
        hits = np.flatnonzero((scores >= min_cosine - margin) & self.alive)
        if exclude is not None:
            hits = hits[self.sequences[hits] != exclude]
        if len(hits) > k:
            kth = np.partition(scores[hits], -k)[-k]
            hits = hits[scores[hits] >= kth - margin]
        cosines = _exact_cosines(self.rows, hits, probe)
        kept = cosines >= min_cosine
        sequences, cosines = self.sequences[hits[kept]], cosines[kept]
        best = np.lexsort((-sequences, -cosines))[:k]
        return list(zip(sequences[best].tolist(), cosines[best].tolist(), strict=True))


class VectorIndex:
    """The current snapshot of a group, and how to make the next. One writer at a time; readers take no lock."""

    def __init__(self) -> None:
        self._rows: Embedding = np.empty((0, 0), np.float32)
        self._sequences: Sequences = np.empty(0, np.int64)
        self.snapshot = Snapshot(0, self._rows, self._sequences, np.empty(0, np.bool_))

    @property
    def nbytes(self) -> int:
        """The memory that the embeddings take, spare room included."""
        return self._rows.nbytes + self._sequences.nbytes

    def update(
        self, version: int, added: Iterable[tuple[Sequences, Embedding]] = (), removed: Iterable[int] = ()
    ) -> None:
        """Publish the snapshot of `version`: the current one with `added` appended and `removed` taken out.

        `added` comes in batches of (sequences, embeddings), shapes (n,) and (n, d), ascending and above all that
        are there. Sequences in `removed` that are not there are ignored. If a batch fails, nothing changes.
        """
        old, rows, sequences = self.snapshot, self._rows, self._sequences
        size = len(old.sequences)
        for new_sequences, new_rows in added:
            end = size + len(new_sequences)
            if end > len(sequences):
                rows, sequences = _grown(rows, sequences, size, end, new_rows.shape[1])
            rows[size:end], sequences[size:end] = new_rows, new_sequences
            size = end
        gone = _positions(sequences[:size], np.fromiter(removed, np.int64))
        alive = np.ones(size, np.bool_)
        alive[: len(old.alive)] = old.alive
        alive[gone] = False
        dead = size - np.count_nonzero(alive)
        if dead > 64 and dead > size // 4:
            rows, sequences = rows[:size][alive], sequences[:size][alive]
            alive = np.ones(len(sequences), np.bool_)
        if rows is not self._rows:
            rows[: len(alive)][~alive] = 0  # at once: no reader has seen these arrays yet
        self._publish(Snapshot(version, rows[: len(alive)], sequences[: len(alive)], alive), rows, sequences, gone)

    def clear(self) -> None:
        """Let go of everything: the next snapshot is the empty one of version 0."""
        empty = VectorIndex()
        self._publish(empty.snapshot, empty._rows, empty._sequences, np.empty(0, np.intp))

    def _publish(self, new: Snapshot, rows: Embedding, sequences: Sequences, gone: Positions) -> None:
        old, old_rows = self.snapshot, self._rows
        # An older snapshot keeps the newer ones alive, so `old` goes only after all that show the same rows.
        old.successor = new
        whole = rows is not old_rows
        weakref.finalize(old, _zero, old_rows, slice(None) if whole else gone).atexit = False
        self._rows, self._sequences, self.snapshot = rows, sequences, new


def _zero(rows: Embedding, where: slice | Positions) -> None:
    rows[where] = 0


def _grown(
    rows: Embedding, sequences: Sequences, size: int, needed: int, width: int
) -> tuple[Embedding, Sequences]:
    """The first `size` rows in new arrays with room for `needed`, and half as much again."""
    capacity = max(needed + needed // 2, 64)
    wider_rows, wider_sequences = np.zeros((capacity, width), np.float32), np.zeros(capacity, np.int64)
    if size:
        wider_rows[:size], wider_sequences[:size] = rows[:size], sequences[:size]
    return wider_rows, wider_sequences


def _positions(ascending: Sequences, wanted: Sequences) -> Positions:
    """Where the wanted sequences stand; those that are not there are left out."""
    positions: Positions = np.searchsorted(ascending, wanted)
    inside = positions < len(ascending)
    positions, wanted = positions[inside], wanted[inside]
    found: Positions = positions[ascending[positions] == wanted]
    return found


def _exact_cosines(rows: Embedding, positions: Positions, probe: Embedding) -> NDArray[np.float64]:
    """Float64 dot products, each summed along its own row, so that where a row stands does not matter."""
    cosines = np.empty(len(positions), np.float64)
    wide_probe = probe.astype(np.float64)
    for start in range(0, len(positions), _RERANK_ROWS):
        part = slice(start, start + _RERANK_ROWS)
        cosines[part] = (rows[positions[part]] * wide_probe).sum(axis=1)
    return cosines
