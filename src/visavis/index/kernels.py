"""Dot products of int8 rows, by the SIMD code of a library. A search computes one for every face."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache, partial
from timeit import timeit
from typing import TypeAlias

import numkong
import numpy as np
from numpy.typing import NDArray

logger = logging.getLogger(__name__)

Codes: TypeAlias = NDArray[np.int8]
Scores: TypeAlias = NDArray[np.int32] | NDArray[np.float64]
"""Dot products; whole numbers with either type."""

Kernel: TypeAlias = Callable[[Codes], Callable[[Codes], Scores]]
"""Takes a probe's codes, shape (d,), and returns a function from rows, shape (n, d), to dot products, shape (n,).

n is a multiple of `ROWS_AT_ONCE`, and rows are contiguous in memory.
"""

ROWS_AT_ONCE = 4

_TRIAL_BYTES = 32 << 20
_TRIALS = 7

_FAST = ("haswell", "neonsdot")
"""CPU features. numkong needs one of them; without, its code is slower than NumPy's float32."""


@cache
def best_kernel() -> Kernel | None:
    """The kernel for this CPU; None if NumPy's float32 is faster, or if the library computes wrong results."""
    found = [name for name, supported in numkong.get_capabilities().items() if supported]
    if not any(name in found for name in _FAST):
        logger.info("Searches compare in float32: the CPU offers numkong only %s.", ", ".join(found))
        return None
    if not all(is_right(kernel) for kernel in (four_at_once, one_by_one)):
        logger.warning("Searches compare in float32: numkong's int8 products are wrong on this CPU.")
        return None
    return faster_one


def is_right(kernel: Kernel) -> bool:
    """Whether the kernel agrees with NumPy on numbers of every size, including the largest, and on odd widths."""
    generator = np.random.default_rng(0)
    for width in (1, 3, 64, 127, 128, 512, 640):
        rows = generator.integers(-127, 128, (6 * ROWS_AT_ONCE, width)).astype(np.int8)
        rows[:3] = np.array([[127], [-127], [0]])
        for probe in rows[:5]:
            if not np.array_equal(kernel(probe)(rows), numpy_dots(probe)(rows)):
                return False
    return True


def faster_one(probe: Codes) -> Callable[[Codes], Scores]:
    """The faster of the two kernels. Which one that is depends on the CPU and on the width, so it is measured."""
    return _faster_at(len(probe))(probe)


@cache
def _faster_at(width: int) -> Kernel:
    """The faster kernel for rows of this width, measured on more bytes than fit in a cache."""
    rows = np.ones((_TRIAL_BYTES // width // ROWS_AT_ONCE * ROWS_AT_ONCE, width), np.int8)
    kernels = four_at_once, one_by_one
    calls = [partial(kernel(rows[0]), rows) for kernel in kernels]
    seconds = [
        [timeit(call, number=1) for call in calls] for _ in range(_TRIALS)
    ]  # alternating, under the same load
    faster = kernels[np.argmin(np.min(seconds, axis=0))]
    logger.info("Searches of %d numbers compare rows %s.", width, faster.__name__.replace("_", " "))
    return faster


def one_by_one(probe: Codes) -> Callable[[Codes], Scores]:
    """A kernel that reads the rows as one stream, which suits memory, but has a cost for each row."""
    column = probe[None]

    def dots(rows: Codes) -> Scores:
        return np.asarray(numkong.cdist(rows, column, "dot")).ravel()

    return dots


def four_at_once(probe: Codes) -> Callable[[Codes], Scores]:
    """A kernel that multiplies matrices. The library multiplies four columns in the time of one.

    The kernel gets four rows as one long row, and the probe as four columns, one for each of the four rows.
    """
    columns = np.zeros((ROWS_AT_ONCE, ROWS_AT_ONCE, len(probe)), np.int8)
    columns[range(ROWS_AT_ONCE), range(ROWS_AT_ONCE)] = probe
    width = ROWS_AT_ONCE * len(probe)
    packed = numkong.dots_pack(columns.reshape(ROWS_AT_ONCE, width), dtype="int8")

    def dots(rows: Codes) -> Scores:
        return np.asarray(numkong.dots_packed(rows.reshape(-1, width), packed)).ravel()

    return dots


def numpy_dots(probe: Codes) -> Callable[[Codes], Scores]:
    """The reference that every kernel must agree with."""
    wide = probe.astype(np.int32)

    def dots(rows: Codes) -> Scores:
        products: Scores = rows.astype(np.int32) @ wide
        return products

    return dots
