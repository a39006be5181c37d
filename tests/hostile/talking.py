"""Sends bytes as they are, and reads answers one by one."""

from __future__ import annotations

import re
import socket
from contextlib import suppress

PATIENCE_S = 60
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")


def exchange(port: int, sent: bytes) -> bytes:
    """All that comes back until the other side hangs up."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as connection:
        with suppress(ConnectionError):
            connection.sendall(sent)
        with suppress(ConnectionError):
            while piece := connection.recv(65_536):
                received += piece
    return received


def statuses(received: bytes) -> tuple[int, ...]:
    """Of each answer in turn."""
    found, rest = [], received
    while match := _STATUS.match(rest):
        head, _, rest = rest.partition(b"\r\n\r\n")
        found.append(int(match[1]))
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        if length:
            rest = rest[int(length[1]) :]
        elif re.search(rb"(?i)\r\ntransfer-encoding: *chunked", head):
            rest = rest.partition(b"0\r\n\r\n")[2]
    return tuple(found)
