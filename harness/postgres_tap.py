"""Listens between a client and PostgreSQL, and counts what the client asks and how often it waits for an answer.

What is counted are messages of the wire protocol (PostgreSQL, 55.7), so that nothing is left out: neither what a
pool asks to see whether a connection is alive, nor what a driver sends by itself.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

_BRACKETS = ("BEGIN", "COMMIT", "ROLLBACK")


@dataclass
class Traffic:
    """What has been sent to PostgreSQL."""

    round_trips: int = 0
    asked: list[str] = field(default_factory=list)
    """The texts of all statements, BEGIN and COMMIT among them."""

    @property
    def transactions(self) -> int:
        """How many were begun. A statement outside of one is none of them."""
        return sum(text.startswith("BEGIN") for text in self.asked)

    @property
    def statements(self) -> int:
        """Without those that begin and end transactions, and without empty ones."""
        return sum(bool(text) and not text.startswith(_BRACKETS) for text in self.asked)

    def clear(self) -> None:
        self.round_trips = 0
        self.asked.clear()


@contextmanager
def tapped(url: str) -> Iterator[tuple[str, Traffic]]:
    """The URL by which the same database is reached through the tap, and what passes."""
    parts, traffic = urlsplit(url), Traffic()
    target = parts.hostname or "127.0.0.1", parts.port or 5432
    with socket.create_server(("127.0.0.1", 0)) as listening:
        accepting = threading.Thread(target=_accept, args=(listening, target, traffic), daemon=True)
        accepting.start()
        user, _, _ = parts.netloc.rpartition("@")
        netloc = f"{user}@127.0.0.1:{listening.getsockname()[1]}"
        yield urlunsplit(parts._replace(netloc=netloc, query="sslmode=disable&gssencmode=disable")), traffic
        listening.shutdown(socket.SHUT_RDWR)
        accepting.join()


def _accept(listening: socket.socket, target: tuple[str, int], traffic: Traffic) -> None:
    with suppress(OSError):  # when it is closed
        while True:
            client, _ = listening.accept()
            threading.Thread(target=_serve, args=(client, target, _Reader(traffic)), daemon=True).start()


def _serve(client: socket.socket, target: tuple[str, int], reader: _Reader) -> None:
    with client, socket.create_connection(target) as server:
        for each in (client, server):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        answers = threading.Thread(target=_copy, args=(server, client), daemon=True)
        answers.start()
        _copy(client, server, reader)
        answers.join()


def _copy(source: socket.socket, sink: socket.socket, reader: _Reader | None = None) -> None:
    with suppress(OSError):  # when either side has gone
        while data := source.recv(65_536):
            if reader is not None:
                reader.read(data)
            sink.sendall(data)
    for each in (source, sink):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


class _Reader:
    """Divides what a client sends into messages."""

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        self._buffer = b""
        self._started = False

    def read(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._end()) is not None:
            kind = self._buffer[:1] if self._started else b""
            self._note(kind, self._buffer[5:end])
            self._buffer, self._started = self._buffer[end:], True

    def _end(self) -> int | None:
        """The end of the first whole message in the buffer. The first message of a connection has no type byte."""
        before = 1 if self._started else 0
        if len(self._buffer) < before + 4:
            return None
        [length] = struct.unpack_from(">I", self._buffer, before)
        end = before + int(length)
        return end if len(self._buffer) >= end else None

    def _note(self, kind: bytes, content: bytes) -> None:
        if kind in {b"Q", b"S"}:  # a plain query, or the end of what is answered together
            self._traffic.round_trips += 1
        if kind == b"Q":
            self._traffic.asked.append(content.split(b"\0")[0].decode())
        if kind == b"P":
            self._traffic.asked.append(content.split(b"\0")[1].decode())
