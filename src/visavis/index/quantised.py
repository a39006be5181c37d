"""Embeddings as int8 codes, with bounds on the error of their dot products.

A row x is stored as codes c, a scale s and a bound on its residual |x - s c|; a probe q as codes p and scale t.
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
"""An upper bound on what float32 loses to underflow in any sum here."""

_MOST = 127
_FAINTEST = 1e-30
"""Rows with no component above this have code 0; float32 cannot scale them, so they are all residual."""


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
    # `steps` was rounded once more: by no more than this part of its length.
    residuals += peaks * np.float32(2 * ROUNDING * width**0.5)
    return codes, scales, residuals


def lengths(rows: Embedding) -> Floats:
    """Tight upper bounds, shape (n,), on the norms of rows (n, d)."""
    squares = np.einsum("ij,ij->i", rows, rows)
    bounds: Floats = np.sqrt(squares) * np.float32(1 + (rows.shape[1] + 8) * ROUNDING) + np.float32(TINY)
    return bounds


@dataclass(frozen=True, slots=True)
class QuantisedProbe:
    """A probe's codes, and bounds on the error of its dot products with codes."""

    codes: Codes
    scale: float
    coded_length: float
    """An upper bound on |t p|."""
    residual: float
    """An upper bound on |q - t p|."""
    length: float
    """An upper bound on |q|."""

    @classmethod
    def of(cls, probe: Embedding) -> QuantisedProbe:
        """Quantise a probe, shape (d,), in float64. Its rounding is far below the margin of all bounds."""
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
        """The error of a dot product with a row of at most this length, besides `coded_length` x its residual.

        Includes several times the loss of the few float32 operations from the dot product to its bounds.
        """
        return self.residual * longest + 64 * ROUNDING * self.length * longest + TINY


def _length(wide: NDArray[np.float64]) -> float:
    return math.sqrt(np.dot(wide, wide)) * (1 + ROUNDING) + TINY
