"""Overwrites freed memory, so that no part of a picture stays in it."""

from __future__ import annotations

import ctypes
from contextlib import suppress

_M_PERTURB = -6
_PATTERN = 0xFF


def overwrite_freed_memory() -> bool:
    """Let the C library overwrite all memory of this process as it is freed; whether it can.

    GNU's can. Larger pieces, which come straight from the kernel, go back to it and are never seen again.
    """
    try:
        return bool(ctypes.CDLL(None).mallopt(_M_PERTURB, _PATTERN))
    except (AttributeError, OSError):
        return False


def give_back_freed_memory() -> None:
    """Return to the system what was freed and is still kept for later, where the C library can."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
