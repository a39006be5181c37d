"""Keeps what is in memory, keys above all, out of core files and from other processes of the same user."""

from __future__ import annotations

import ctypes
import sys

if sys.platform != "win32":
    import resource

_PR_SET_DUMPABLE = 4
"""An option of prctl(2)."""


def keep_memory_private() -> None:
    """From now on: no core files, and on Linux no debugger but root's.

    Programs that this one starts are not bound by the second.
    """
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
