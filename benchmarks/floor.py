"""The floor under every exact search: the time in which one thread can read the bytes at all.

Measured with the fastest reader found: a maximum over the bytes taken as 64-bit integers, which NumPy computes in
vector registers, several loads in flight, writing nothing. Sums are slower, and so are `memchr` and counting.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Reader:
    """Reads `size` bytes of its own, so that it meets the same caches as a search that owns as many."""

    def __init__(self, size: int) -> None:
        """`size` is rounded down to whole 64-bit words."""
        if size < 8:
            raise ValueError("a floor needs at least eight bytes")
        rng = np.random.default_rng(size)
        self._words: NDArray[np.int64] = rng.integers(-(2**62), 2**62, size // 8, np.int64)

    @property
    def nbytes(self) -> int:
        return self._words.nbytes

    def read(self) -> int:
        return int(np.maximum.reduce(self._words))
