"""Which answers of a server bring a picture, and how the others are refused (contract.md 13)."""

from __future__ import annotations

import gzip
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.unit.fetch.refusals import invalid, refusal
from tests.unit.fetch.servers import OK, PICTURE, Serve, chunked, free_port, sized
from visavis.fetch import GuardedFetcher


@pytest.mark.parametrize(
    "answer",
    [
        sized(PICTURE),
        chunked(PICTURE, 1000),
        chunked(PICTURE, 1),
        OK + b"\r\n" + PICTURE,
        b"HTTP/1.0 200 OK\r\n\r\n" + PICTURE,
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" + sized(PICTURE),
        sized(PICTURE, f"Content-Length: {len(PICTURE)}, {len(PICTURE)}"),
        b"HTTP/1.1 206 Partial Content\r\n\r\n" + PICTURE,
        sized(PICTURE) + b"and more than was promised",
    ],
    ids=[
        "length",
        "chunks",
        "tiny chunks",
        "until close",
        "HTTP/1.0",
        "after hints",
        "length thrice",
        "206",
        "overlong",
    ],
)
def test_a_picture_arrives_as_it_was_sent(answer: bytes, serve: Serve, fetcher: GuardedFetcher) -> None:
    assert fetcher.fetch(serve(answer).url(), len(PICTURE)) == PICTURE


def test_a_gzip_bomb_stays_packed(serve: Serve, fetcher: GuardedFetcher) -> None:
    bomb = gzip.compress(bytes(10_000_000))
    server = serve(sized(bomb, "Content-Encoding: gzip", "Content-Type: image/png"))
    assert fetcher.fetch(server.url(), 100_000) == bomb


@pytest.mark.parametrize("status", [300, 301, 304, 400, 401, 403, 404, 410, 429, 500, 503, 599])
def test_an_answer_that_is_not_2xx_is_refused_with_its_status(
    status: int, serve: Serve, fetcher: GuardedFetcher
) -> None:
    server = serve(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode())
    assert refusal(fetcher, server.url()) == invalid(f"the image URL was answered with HTTP status {status}")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"\x89PNG\r\n\x1a\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"220 smtp ready\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n",
        b"ICY 200 OK\r\n\r\n" + PICTURE,
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n" + PICTURE,
        b"HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\n" + PICTURE,
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n" + PICTURE,
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n" + PICTURE,
        b"HTTP/1.1 200 OK\r\nContent-Length: ten\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n" + PICTURE,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + PICTURE,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n" + PICTURE,
        b"HTTP/1.1 200 OK\r\nBad Header\r\n\r\n" + PICTURE,
        sized(PICTURE)[:-1],
        sized(PICTURE)[:100],
    ],
    ids=lambda answer: answer[:40].decode("latin-1").encode("unicode_escape").decode(),
)
def test_a_server_that_breaks_off_or_speaks_no_http_is_refused(
    answer: bytes, serve: Serve, fetcher: GuardedFetcher
) -> None:
    expected = invalid("the host of the image URL closed the connection or violated HTTP")
    assert refusal(fetcher, serve(answer).url()) == expected


def test_a_connection_reset_in_the_middle_is_refused(serve: Serve, fetcher: GuardedFetcher) -> None:
    def reset(connection: socket.socket, end: threading.Event) -> None:
        connection.sendall(sized(PICTURE)[:500])
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")

    expected = invalid("the host of the image URL closed the connection or violated HTTP")
    assert refusal(fetcher, serve(reset).url()) == expected


def test_a_port_where_nobody_listens_is_refused(fetcher: GuardedFetcher) -> None:
    expected = invalid("the host of the image URL refuses connections or cannot be reached")
    assert refusal(fetcher, f"http://127.0.0.1:{free_port()}/") == expected


def test_many_threads_share_a_fetcher(serve: Serve, fetcher: GuardedFetcher) -> None:
    pictures = {f"/{i}": bytes([i]) * 10_000 for i in range(40)}
    server = serve({path: sized(picture) for path, picture in pictures.items()})
    with ThreadPoolExecutor(20) as pool:
        fetched = pool.map(lambda path: fetcher.fetch(server.url(path, "localhost"), 10_000), pictures)
        assert list(fetched) == list(pictures.values())
