"""Nobody keeps a connection by doing nothing, or next to nothing. Real sockets, a server with short deadlines."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress

import pytest

from harness.servers import PREFIX, Keys, Server

from .conftest import CONNECTIONS

GENEROUS_S = 60
"""Longer than any deadline: who is still connected then was not cut off."""


@pytest.fixture
def connect(server: Server) -> Iterator[Callable[[], socket.socket]]:
    with ExitStack() as stack:

        def connected() -> socket.socket:
            connection = socket.create_connection(("127.0.0.1", server.port), timeout=GENEROUS_S)
            return stack.enter_context(closing(connection))

        yield connected


def everything(connection: socket.socket) -> bytes:
    """All that comes until the server hangs up; a timeout fails the test."""
    received = b""
    with suppress(ConnectionResetError, BrokenPipeError):
        while piece := connection.recv(65536):
            received += piece
    return received


def drip(connection: socket.socket, piece: bytes) -> bytes:
    """Send a piece every fifth of a second until the server hangs up."""
    ended = threading.Event()

    def send() -> None:
        with suppress(OSError):
            while not ended.wait(0.2):
                connection.sendall(piece)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        return everything(connection)
    finally:
        ended.set()
        sender.join()


def assert_refused(answer: bytes, status: int, code: int) -> None:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status), answer
    assert json.loads(body)["header"]["resultCode"] == code
    lines = head.lower()
    assert b"\r\nconnection: close" in lines
    assert b"\r\nx-error-detail: " in lines
    assert b"\r\nx-content-type-options: nosniff" in lines


def test_who_sends_nothing_is_cut_off_without_a_word(connect: Callable[[], socket.socket]) -> None:
    assert everything(connect()) == b""


@pytest.mark.parametrize("start", [b"G", b"GET /livez HTTP/1.1\r\n", b"GET /livez HTTP/1.1\r\nHost: x\r\nA: b"])
def test_who_stops_in_the_head_is_cut_off(start: bytes, connect: Callable[[], socket.socket]) -> None:
    connection = connect()
    connection.sendall(start)
    assert_refused(everything(connection), 408, -40800)


@pytest.mark.parametrize("piece", [b"X-A: b\r\n", b"x", b" "])
def test_who_drips_headers_is_cut_off(piece: bytes, connect: Callable[[], socket.socket]) -> None:
    connection = connect()
    connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\nX: y")
    assert_refused(drip(connection, piece), 408, -40800)


def test_who_drips_line_breaks_between_requests_is_cut_off(connect: Callable[[], socket.socket]) -> None:
    connection = connect()
    connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
    assert drip(connection, b"\r\n").startswith(b"HTTP/1.1 200 ")


def test_who_is_idle_between_requests_is_cut_off(connect: Callable[[], socket.socket]) -> None:
    connection = connect()
    connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
    assert everything(connection).startswith(b"HTTP/1.1 200 ")


def post(keys: Keys, length: int = 4_000_000, secret: str | None = None) -> bytes:
    return (
        f"POST {PREFIX}/{keys.appKey}/faces/detect HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: {secret or keys.secretKey}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def test_who_stops_in_the_body_is_cut_off(keys: Keys, connect: Callable[[], socket.socket]) -> None:
    connection = connect()
    connection.sendall(post(keys) + b'{"image":')
    assert_refused(everything(connection), 408, -40800)


def test_who_drips_a_body_is_cut_off(keys: Keys, connect: Callable[[], socket.socket]) -> None:
    connection = connect()
    connection.sendall(post(keys) + b'{"image":')
    assert_refused(drip(connection, b" "), 408, -40800)


def test_who_drips_chunks_is_cut_off(keys: Keys, connect: Callable[[], socket.socket]) -> None:
    connection = connect()
    head = post(keys).replace(b"Content-Length: 4000000", b"Transfer-Encoding: chunked")
    connection.sendall(head)
    assert_refused(drip(connection, b"1\r\n \r\n"), 408, -40800)


def test_who_drips_a_body_that_was_refused_already_is_cut_off(
    keys: Keys, connect: Callable[[], socket.socket]
) -> None:
    connection = connect()
    connection.sendall(post(keys, secret="wrong"))
    answer = drip(connection, b" ")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"-41005" in answer


def test_who_has_sent_a_refused_body_may_ask_again(keys: Keys, connect: Callable[[], socket.socket]) -> None:
    connection = connect()
    connection.sendall(post(keys, length=10, secret="wrong"))
    assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    connection.sendall(b"0123456789GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert b'{"status":"ok"}' in everything(connection)


def test_who_does_not_take_an_answer_is_cut_off(connect: Callable[[], socket.socket]) -> None:
    """Pipelined requests, so that answers of many megabytes are due."""
    connection = connect()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.sendall(b"GET /docs/assets/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n" * 20)
    poll_until_gone(connection)
    received = everything(connection)
    assert received.count(b"HTTP/1.1 200 OK") < 20


def poll_until_gone(connection: socket.socket) -> None:
    """Send something now and then, and read nothing, until the other side has hung up."""
    with suppress(OSError):
        while True:
            connection.sendall(b"\r\n")
            time.sleep(0.1)


@pytest.mark.parametrize(
    "head",
    [
        b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 40_000 + b"\r\n\r\n",
        b"GET /livez?" + b"x" * 40_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /livez HTTP/1.1\r\n" + b"X: y\r\n" * 6_000 + b"\r\n",
    ],
    ids=["one header", "the line", "many headers"],
)
def test_a_head_of_more_than_32_kilobytes_is_refused(head: bytes, connect: Callable[[], socket.socket]) -> None:
    connection = connect()
    with suppress(OSError):
        connection.sendall(head)
    assert_refused(everything(connection), 431, -43100)


def test_a_head_without_an_end_is_refused_when_it_is_too_long(
    server: Server, connect: Callable[[], socket.socket]
) -> None:
    connection = connect()
    connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Long: ")
    with suppress(OSError):
        for _ in range(100):
            connection.sendall(b"x" * 10_000)
            time.sleep(0.001)
    with suppress(AssertionError):  # our own bytes may still be under way when the server hangs up
        assert_refused(everything(connection), 431, -43100)
    assert server.client.get("/livez").status_code == 200


def test_a_head_just_below_32_kilobytes_is_read(connect: Callable[[], socket.socket]) -> None:
    connection = connect()
    connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: " + b"x" * 32_000 + b"\r\n\r\n")
    assert everything(connection).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "request_",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01",
        b"nonsense\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\n\r\n",
        b"GET / HTTP/9\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused_in_the_envelope(request_: bytes, connect: Callable[[], socket.socket]) -> None:
    connection = connect()
    connection.sendall(request_)
    assert_refused(everything(connection), 400, -40000)


def test_connections_beyond_the_limit_are_answered_503_and_others_go_on(
    server: Server, connect: Callable[[], socket.socket]
) -> None:
    held = []
    with ExitStack() as stack:
        while True:
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), GENEROUS_S))
            connection.settimeout(0.2)
            try:
                answer = everything(connection)
            except TimeoutError:
                held.append(connection)
                assert len(held) <= CONNECTIONS
                for each in held:  # keeps them from being cut off for sending nothing
                    with suppress(OSError):
                        each.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
                continue
            assert_refused(answer, 503, -50300)
            break
        assert held
    while server.client.get("/livez").status_code != 200:
        pass
