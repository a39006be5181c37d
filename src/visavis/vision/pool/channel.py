"""Frames on a socket: a short JSON content and raw bytes, each with its length in front.

Nothing that is received can name code: JSON and numbers only, and no more of either than the reader allows.
"""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, TypeAlias

Content: TypeAlias = Mapping[str, object]
Bytes: TypeAlias = bytes | bytearray | memoryview

_HEAD = struct.Struct("!IQ")
"""Lengths of the content and of the bytes after it."""


class ClosedError(Exception):
    """The other side has closed the channel, or died."""


class FrameError(Exception):
    """The received data is no frame, or exceeds a limit."""


class Channel:
    """One end of a stream socket for frames. For one thread at a time."""

    def __init__(self, end: socket.socket, *, most_content: int, most_bytes: int) -> None:
        """`most_content`, `most_bytes`: the longest content and the most bytes of a frame that is taken."""
        self.socket = end
        self._most_content = most_content
        self._most_bytes = most_bytes

    def send(self, content: Content, *parts: Bytes, until: float | None = None) -> None:
        """Send a frame with these bytes, one part after the other.

        `until`: the moment of `time.monotonic` after which TimeoutError is raised. Raises ClosedError.
        """
        text = json.dumps(content, allow_nan=False).encode()
        pieces = [memoryview(part).cast("B") for part in parts if len(part)]
        head = _HEAD.pack(len(text), sum(map(len, pieces))) + text
        self._send_all([memoryview(head), *pieces], until)

    def receive(self, until: float | None = None) -> tuple[dict[str, Any], bytearray]:
        """The next frame. Raises ClosedError, FrameError, and TimeoutError as `send` does."""
        content_length, length = _HEAD.unpack(self._exactly(_HEAD.size, until))
        if content_length > self._most_content or length > self._most_bytes:
            raise FrameError(f"a frame of {content_length:,} and {length:,} bytes")
        received = self._exactly(content_length + length, until)
        text = received[:content_length]
        del received[:content_length]  # copies nothing
        return _parsed(text), received

    def close(self) -> None:
        """Close this end; the other end fails from now on."""
        self.socket.close()

    def _send_all(self, pieces: Sequence[memoryview], until: float | None) -> None:
        left = list(pieces)
        while left:
            self._wait_no_longer_than(until)
            try:
                sent = self.socket.sendmsg(left)
            except TimeoutError:
                raise
            except OSError as error:
                raise ClosedError from error
            while left and sent >= len(left[0]):
                sent -= len(left.pop(0))
            if sent:
                left[0] = left[0][sent:]

    def _exactly(self, length: int, until: float | None) -> bytearray:
        received = bytearray(length)
        view = memoryview(received)
        while view:
            self._wait_no_longer_than(until)
            try:
                count = self.socket.recv_into(view)
            except TimeoutError:
                raise
            except OSError as error:
                raise ClosedError from error
            if not count:
                raise ClosedError
            view = view[count:]
        return received

    def _wait_no_longer_than(self, until: float | None) -> None:
        if until is None:
            return
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.socket.settimeout(left)


def _parsed(text: bytearray) -> dict[str, object]:
    try:
        content = _JSON.decode(text.decode())
    except (ValueError, RecursionError) as error:
        raise FrameError("a content that is no JSON") from error
    if not isinstance(content, dict):
        raise FrameError("a content that is no object")
    return content


def _refused(constant: str) -> NoReturn:
    raise ValueError(constant)


_JSON = json.JSONDecoder(parse_constant=_refused)
