"""What connections receive passes through memory of ours, which is overwritten at once.

The event loop's own memory would keep the end of whatever was received last, such as a picture.
"""

from __future__ import annotations

import asyncio

_LENGTH = 1 << 18


class Incoming(asyncio.BufferedProtocol):
    """Stands between the event loop and a connection."""

    _read = memoryview(bytearray(_LENGTH))
    """Where the event loop puts what it reads: one connection after the other, so all can share it."""
    _zeros = bytes(_LENGTH)

    def __init__(self, connection: asyncio.Protocol) -> None:
        """`connection` is told of everything that happens, as if the loop had told it."""
        self._connection = connection
        self.connection_made = connection.connection_made  # type: ignore[method-assign]
        self.connection_lost = connection.connection_lost  # type: ignore[method-assign]
        self.eof_received = connection.eof_received  # type: ignore[method-assign]
        self.pause_writing = connection.pause_writing  # type: ignore[method-assign]
        self.resume_writing = connection.resume_writing  # type: ignore[method-assign]

    def get_buffer(self, _: int) -> memoryview:
        """Where the event loop is to put what it reads next."""
        return self._read

    def buffer_updated(self, count: int) -> None:
        """Hand on what was read."""
        data = bytes(self._read[:count])
        self._read[:count] = self._zeros[:count]
        self._connection.data_received(data)
