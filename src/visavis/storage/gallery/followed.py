"""The faces that an index in memory has, as the set of their group counts them: 24 bytes a face."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from visavis.index.blocks import Sequences
from visavis.storage.proof.face_sets import Elements, no_total, sum_of


class FollowedFaces:
    """What each face is worth, so that the sum can follow deletions."""

    def __init__(self) -> None:
        self.count = 0
        self.total = no_total()
        self._size = 0
        self._sequences = np.empty(0, np.int64)
        self._elements = np.empty((0, 2), np.uint64)

    def add(self, sequences: Sequences, elements: Elements) -> None:
        """Faces with ascending sequences above all that are there."""
        end = self._size + len(sequences)
        if end > len(self._sequences):
            room = end + end // 4
            self._sequences = np.resize(self._sequences, room)
            self._elements = np.resize(self._elements, (room, 2))
        self._sequences[self._size : end] = sequences
        self._elements[self._size : end] = elements
        self._size = end
        self.count += len(sequences)
        self.total = self.total + sum_of(elements)

    def remove(self, sequences: Sequence[int]) -> None:
        """Take out those of these faces that are there."""
        wanted = np.unique(np.array(sequences, np.int64))
        there = self._sequences[: self._size]
        positions = np.searchsorted(there, wanted)
        positions = positions[positions < self._size]
        positions = positions[np.isin(there[positions], wanted)]
        positions = positions[self._elements[positions].any(axis=1)]
        self.total = self.total - sum_of(self._elements[positions])
        self.count -= len(positions)
        self._elements[positions] = 0
