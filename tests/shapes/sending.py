"""Sends a request byte by byte as some client writes it, and reads the one answer."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any

PATIENCE_S = 60


@dataclass(frozen=True)
class Shape:
    """The lines of a head, without Host and length, and a body."""

    head: str
    body: bytes = b""
    chunked: bool = False

    def written(self, port: int, **values: str) -> tuple[bytes, bytes]:
        """Head and body as bytes; `values` fill what stands in braces."""
        lines = self.head.strip().splitlines()
        request, *headers = [line.strip().format(port=port, **values) for line in lines]
        if self.chunked:
            return _head(request, [*headers, "Transfer-Encoding: chunked"]), _in_chunks(self.body)
        if self.body:
            headers.append(f"Content-Length: {len(self.body)}")
        return _head(request, headers), self.body


def answer(port: int, shape: Shape, **values: str) -> tuple[int, Any]:
    """Status and body of the answer. A client that expects 100 Continue sends no body before that."""
    head, body = shape.written(port, **values)
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as connection:
        connection.sendall(head)
        if b"100-continue" in head.lower():
            assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        response = HTTPResponse(connection)
        response.begin()
        content = response.read()
        assert response.version == 11
        return response.status, json.loads(content)


def _head(request: str, headers: list[str]) -> bytes:
    return "\r\n".join([request, *headers, "", ""]).encode()


def _in_chunks(body: bytes, size: int = 8192) -> bytes:
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
