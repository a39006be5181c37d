"""Prepares a server's sockets, and checks the limit of file descriptors."""

from __future__ import annotations

import errno
import logging
import socket
import sys
from contextlib import ExitStack
from typing import Any

from visavis.errors import SetupError

if sys.platform != "win32":
    import resource

logger = logging.getLogger(__name__)

RESERVED_DESCRIPTORS = 192
"""File descriptors reserved for the database, models, downloads and the log."""


def bind(host: str, port: int) -> list[socket.socket]:
    """Bind the sockets of an address, one for each family, not listening yet. Raises SetupError."""
    with ExitStack() as stack:
        sockets: list[socket.socket] = []
        for family, found in _addresses(host, port):
            bound = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            chosen = sockets[0].getsockname()[1] if sockets else port  # any port is the same in each family
            address = (found[0], chosen, *found[2:])
            try:
                bound.bind(address)
            except OSError as error:
                raise SetupError(f"Port {port} of {host} cannot be used: {_reason(error)}.") from None
            sockets.append(bound)
        stack.pop_all()
    return sockets


def _addresses(host: str, port: int) -> list[tuple[int, Any]]:
    """Socket family and address, each once. Raises SetupError."""
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise SetupError(f"There is no address {host!r} to listen on: {error.strerror}.") from None
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found))


def _reason(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "another program is listening there; choose another port with --port"
    return (error.strerror or str(error)).lower()


def connections_within_limits(wanted: int) -> int:
    """How many connections may be open: `wanted`, or fewer if `ulimit -n` allows fewer."""
    if sys.platform == "win32":
        return wanted
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + RESERVED_DESCRIPTORS
    if soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    allowed = max(soft - RESERVED_DESCRIPTORS, 1)
    if allowed < wanted:
        logger.warning(
            "A process may have %d files open here (ulimit -n): %d connections at the same time, not %d.",
            soft,
            allowed,
            wanted,
        )
    return min(wanted, allowed)
