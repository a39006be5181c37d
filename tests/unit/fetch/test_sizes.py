"""No more of a body is read than an image may have bytes (contract.md 13)."""

from __future__ import annotations

import socket
import threading

import pytest

from tests.unit.fetch.refusals import refusal
from tests.unit.fetch.servers import OK, PICTURE, Serve, chunked, sized
from visavis.errors import ErrorCode
from visavis.fetch import GuardedFetcher


def test_an_announced_length_over_the_limit_is_refused_before_any_body(
    serve: Serve, fetcher: GuardedFetcher
) -> None:
    def announce(connection: socket.socket, end: threading.Event) -> None:
        connection.sendall(OK + b"Content-Length: 100001\r\n\r\n")
        end.wait()

    expected = (ErrorCode.IMAGE_TOO_LARGE, "the image at the URL is larger than 100,000 bytes")
    assert refusal(fetcher, serve(announce).url()) == expected


@pytest.mark.parametrize("headers", [b"\r\n", b"Transfer-Encoding: chunked\r\n\r\n"], ids=["plain", "chunked"])
def test_an_endless_body_is_left_at_the_limit(headers: bytes, serve: Serve, fetcher: GuardedFetcher) -> None:
    sent = []

    def endless(connection: socket.socket, end: threading.Event) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        connection.sendall(OK + headers)
        while not end.is_set():
            sent.append(connection.send(b"1000\r\n" + bytes(4096) + b"\r\n"))

    assert refusal(fetcher, serve(endless).url())[0] is ErrorCode.IMAGE_TOO_LARGE
    assert sum(sent) < 50_000_000  # what the sockets hold, and no more


@pytest.mark.parametrize("answer", [sized(PICTURE), chunked(PICTURE, 77), OK + b"\r\n" + PICTURE])
def test_the_limit_itself_is_not_over_it(answer: bytes, serve: Serve, fetcher: GuardedFetcher) -> None:
    server = serve(answer)
    assert fetcher.fetch(server.url(), len(PICTURE)) == PICTURE
    assert refusal(fetcher, server.url(), len(PICTURE) - 1)[0] is ErrorCode.IMAGE_TOO_LARGE
