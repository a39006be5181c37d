"""Accepts connections, counts each from its first moment, and refuses those beyond the limit."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from visavis.web.edge.connection import GuardedConnection, Limits
from visavis.web.edge.incoming import Incoming

logger = logging.getLogger(__name__)

TURNED_AWAY: Final = 32
"""How many connections beyond the limit get an answer that says why. Any more are closed at once."""

_BACKLOG: Final = 2048
_REST_S: Final = 0.1
"""Seconds before the next attempt, when the system cannot accept a connection."""


class Connects(Protocol):
    """Makes the protocol of a connection, which must call `left` when it has ended."""

    def __call__(self, left: Callable[[], None], *, is_welcome: bool) -> GuardedConnection: ...


class Reception:
    """Accepts connections on listening sockets, and counts those that hold a file descriptor.

    A connection is counted before its TLS handshake, which has a deadline of its own. The servers of the event
    loop would report a connection only after its handshake.
    """

    def __init__(
        self, sockets: Sequence[socket.socket], limits: Limits, tls: ssl.SSLContext | None, connects: Connects
    ) -> None:
        """Start to listen. Raises OSError."""
        self._limits = limits
        self._tls = tls
        self._connects = connects
        self._open = 0
        for each in sockets:
            each.listen(_BACKLOG)
            each.settimeout(0)
        self._tasks = {asyncio.ensure_future(self._accept(each)) for each in sockets}
        self._accepting = frozenset(self._tasks)

    def close(self) -> None:
        """Accept no more connections; open ones stay."""
        for task in self._accepting:
            task.cancel()

    async def wait_closed(self) -> None:
        """Wait until no more connections are accepted."""
        await asyncio.wait(self._accepting)

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, _ = await loop.sock_accept(listening)
            except OSError as error:
                logger.warning("No connections can be accepted: %s", error)
                await asyncio.sleep(_REST_S)
                continue
            if self._open >= self._limits.connections + TURNED_AWAY:
                accepted.close()
                continue
            self._open += 1
            task = loop.create_task(self._connect(accepted))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _connect(self, accepted: socket.socket) -> None:
        connection = self._connects(self._leave, is_welcome=self._open <= self._limits.connections)
        try:
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: Incoming(connection),
                accepted,
                ssl=self._tls,
                ssl_handshake_timeout=self._limits.handshake_seconds if self._tls else None,
            )
        except (OSError, TimeoutError):  # of a handshake; ssl.SSLError is an OSError
            self._leave()

    def _leave(self) -> None:
        self._open -= 1
