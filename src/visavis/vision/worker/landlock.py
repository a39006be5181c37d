"""Landlock: no file system, no TCP, no signals and no abstract sockets for this process (linux/landlock.h)."""

from __future__ import annotations

import ctypes
import os
import struct

_CREATE, _RESTRICT = 444, 446
_ASK_VERSION = 1
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
"""How many kinds of access to files each version of the interface knows."""
_TCP_SINCE, _SCOPES_SINCE = 4, 6
_BIND_AND_CONNECT = 0b11
_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11


def shut_out() -> int:
    """Take all of it from this thread, for ever; the version of the interface.

    Files that are open stay open. Raises OSError where the kernel has no Landlock.
    """
    version = _call(_CREATE, None, 0, _ASK_VERSION)
    rights = max(count for since, count in _FILE_RIGHTS.items() if since <= version)
    attributes = struct.pack("=Q", (1 << rights) - 1)
    if version >= _TCP_SINCE:
        attributes += struct.pack("=Q", _BIND_AND_CONNECT)
    if version >= _SCOPES_SINCE:
        attributes += struct.pack("=Q", _ABSTRACT_SOCKETS_AND_SIGNALS)
    rules = _call(_CREATE, attributes, len(attributes), 0)
    try:
        _call(_RESTRICT, rules, 0)
    finally:
        os.close(rules)
    return version


def _call(*arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    result: int = libc.syscall(*arguments)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
