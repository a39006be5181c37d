"""Takes sealed bytes out of memory that Python and the allocator would leave there until it is used again."""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Iterable

_START = bytes.__basicsize__ - 1
"""Where CPython keeps the content of a bytes object."""

_IS_CPYTHON = platform.python_implementation() == "CPython"


def wipe(secrets: Iterable[bytes]) -> None:
    """Fill bytes with zeros. Only for such as a database or a cipher has just made, and nobody looks at again.

    Elsewhere than in CPython nothing happens.
    """
    if _IS_CPYTHON:
        for secret in secrets:
            if len(secret) > 1:  # the shorter ones are shared by all
                ctypes.memset(id(secret) + _START, 0, len(secret))
