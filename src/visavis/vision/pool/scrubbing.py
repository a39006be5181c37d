"""Memory that is given back is overwritten, so that pictures leave nothing in it."""

from __future__ import annotations

import ctypes

_M_PERTURB = -6
_PATTERN = 0xFF


def overwrite_freed_memory() -> bool:
    """Let the C library overwrite all memory of this process as it is freed; whether it can.

    GNU's can. Larger pieces, which come straight from the kernel, go back to it and are gone anyway.
    """
    try:
        return bool(ctypes.CDLL(None).mallopt(_M_PERTURB, _PATTERN))
    except (AttributeError, OSError):
        return False
