"""Received bytes of connections pass through a buffer of our own, which is overwritten at once.

The event loop's own memory would keep the end of whatever was received last, such as a picture.
"""

from __future__ import annotations

import asyncio

_LENGTH = 1 << 18


class Incoming(asyncio.BufferedProtocol):
    """A protocol between the event loop and a connection."""

    _read = memoryview(bytearray(_LENGTH))
    """The buffer that the event loop reads into. All connections share it, since reads never overlap."""
    _zeros = bytes(_LENGTH)

    def __init__(self, connection: asyncio.Protocol) -> None:
        """`connection` receives every call of the event loop."""
        self._connection = connection
        self.connection_made = connection.connection_made  # type: ignore[method-assign]
        self.connection_lost = connection.connection_lost  # type: ignore[method-assign]
        self.eof_received = connection.eof_received  # type: ignore[method-assign]
        self.pause_writing = connection.pause_writing  # type: ignore[method-assign]
        self.resume_writing = connection.resume_writing  # type: ignore[method-assign]

    def get_buffer(self, _: int) -> memoryview:
        """The buffer for the next read of the event loop."""
        return self._read

    def buffer_updated(self, count: int) -> None:
        """Pass on what was read, and overwrite the buffer."""
        data = bytes(self._read[:count])
        self._read[:count] = self._zeros[:count]
        self._connection.data_received(data)
