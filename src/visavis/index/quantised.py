"""Embeddings as int8 codes, and how far a dot product of codes can be from that of the embeddings.

A row x is kept as codes c, a scale s and a bound on its residual |x - s c|; a probe q as codes p and scale t.
By Cauchy-Schwarz |q.x - (t p).(s c)| = |(t p).(x - s c) + (q - t p).x| <= |t p| |x - s c| + |q - t p| |x|.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.index.kernels import Codes
from visavis.types import Embedding

Floats = NDArray[np.float32]

ROUNDING = 2.0**-24
"""The relative error of one float32 operation."""

TINY = 1e-18
"""More than what float32 loses to underflow in any sum here."""

_MOST = 127
_FAINTEST = 1e-30
"""Rows with no component above this have code 0 and are all residual: float32 could hardly scale them."""


def quantise(rows: Embedding) -> tuple[Codes, Floats, Floats]:
    """Codes (n, d), scales (n,) and bounds on the residual norms (n,) of rows (n, d)."""
    width = rows.shape[1]
    peaks = np.abs(rows).max(axis=1, initial=0)
    scales = peaks / np.float32(_MOST)
    scales[peaks < _FAINTEST] = 0
    divisors: Floats = np.where(scales > 0, scales, np.float32(1)).astype(np.float32, copy=False)
    steps: Embedding = rows / divisors[:, None]
    np.rint(steps, out=steps)
    codes = steps.astype(np.int8)
    steps *= scales[:, None]
    np.subtract(rows, steps, out=steps)
    residuals = lengths(steps)
    # `steps` was rounded once more on its way: by no more than this part of its length.
    residuals += peaks * np.float32(2 * ROUNDING * width**0.5)
    return codes, scales, residuals


def lengths(rows: Embedding) -> Floats:
    """Upper bounds, and good ones, on the norms of rows (n, d)."""
    squares = np.einsum("ij,ij->i", rows, rows)
    bounds: Floats = np.sqrt(squares) * np.float32(1 + (rows.shape[1] + 8) * ROUNDING) + np.float32(TINY)
    return bounds


@dataclass(frozen=True, slots=True)
class QuantisedProbe:
    """A probe's codes, and what its dot products with codes are off by."""

    codes: Codes
    scale: float
    coded_length: float
    """|t p|, or more"""
    residual: float
    """|q - t p|, or more"""
    length: float
    """|q|, or more"""

    @classmethod
    def of(cls, probe: Embedding) -> QuantisedProbe:
        """In float64, of which the rounding is far below the part by which all lengths are made longer."""
        wide = probe.astype(np.float64)
        peak = float(np.abs(wide).max(initial=0))
        scale = float(np.float32(peak / _MOST)) if peak >= _FAINTEST else 0.0
        steps = np.rint(wide / (scale or 1.0))
        coded = steps * scale
        return cls(
            codes=steps.astype(np.int8),
            scale=scale,
            coded_length=_length(coded),
            residual=_length(wide - coded),
            length=_length(wide),
        )

    def rest(self, longest: float) -> float:
        """What a dot product with a row of at most this length is off by, beside `coded_length` x its residual.

        With what the few float32 operations from the codes' dot product to its bounds lose, several times over.
        """
        return self.residual * longest + 64 * ROUNDING * self.length * longest + TINY


def _length(wide: NDArray[np.float64]) -> float:
    return math.sqrt(np.dot(wide, wide)) * (1 + ROUNDING) + TINY
