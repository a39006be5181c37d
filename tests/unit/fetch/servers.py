"""Servers that an image can be fetched from, the answers they give, and the look-ups that lead to them."""

from __future__ import annotations

import random
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing, suppress
from typing import Any, TypeAlias

PICTURE = bytes(range(256)) * 40
OK = b"HTTP/1.1 200 OK\r\n"
Answer: TypeAlias = bytes | Callable[[socket.socket, threading.Event], None]


class Server(socketserver.ThreadingTCPServer):
    """Answers each path with bytes as they are, or by a function that is given the connection."""

    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, port: int, answers: Mapping[str, Answer], tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.port = port
        self.answers = answers
        self.tls = tls
        self.requests: list[str] = []
        self.end = threading.Event()

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http{'s' if self.tls else ''}://{host}:{self.port}{path}"


class Handler(socketserver.BaseRequestHandler):
    server: Server

    def handle(self) -> None:
        with suppress(OSError), ExitStack() as stack:  # a client that turns away is what many of these tests want
            connection = self.request
            if self.server.tls:
                connection = stack.enter_context(self.server.tls.wrap_socket(connection, server_side=True))
            request = b""
            while b"\r\n\r\n" not in request:
                received = connection.recv(4096)
                if not received:
                    return
                request += received
            self.server.requests.append(request.decode())
            answer = self.server.answers[request.decode().split(" ")[1]]
            if isinstance(answer, bytes):
                connection.sendall(answer)
            else:
                answer(connection, self.server.end)


Serve: TypeAlias = Callable[..., Server]


def free_port() -> int:
    """A port that an image URL may name and nobody uses at the moment."""
    for port in random.sample(range(10000, 12001), 50):
        with suppress(OSError), closing(socket.create_server(("127.0.0.1", port))):
            return port
    raise OSError("no free port")


def sized(body: bytes, *headers: str) -> bytes:
    lines = "".join(f"{header}\r\n" for header in headers)
    return OK + f"Content-Length: {len(body)}\r\n{lines}\r\n".encode() + body


def chunked(body: bytes, size: int) -> bytes:
    chunks = [body[i : i + size] for i in range(0, len(body), size)]
    coded = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return OK + b"Transfer-Encoding: chunked\r\n\r\n" + coded + b"0\r\n\r\n"


def redirect(location: str, status: int = 302) -> bytes:
    return f"HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 5\r\n\r\nmoved".encode()


class Resolver:
    """Answers each question with the next of its answers, the last one for good."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self.answers = list(answers)
        self.questions: list[str] = []

    def __call__(self, host: str, port: int, family: int, kind: int) -> list[tuple[Any, ...]]:
        self.questions.append(host)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [(family, kind, 0, "", (address, port)) for address in answer]
