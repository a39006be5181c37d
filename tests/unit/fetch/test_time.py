"""No server holds a fetch longer than it may take to connect and in all (contract.md 13)."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import pytest

from tests.unit.fetch.refusals import refusal
from tests.unit.fetch.servers import OK, PICTURE, Answer, Resolver, Serve, free_port, redirect, sized
from visavis.errors import ErrorCode
from visavis.fetch import GuardedFetcher


def drip(start: bytes, drop: bytes, finish: bytes) -> Answer:
    """Never silent for long, in sum too slow: a server that only a deadline for the whole stops."""

    def answer(connection: socket.socket, end: threading.Event) -> None:
        connection.sendall(start)
        for _ in range(100):
            connection.sendall(drop)
            if end.wait(0.02):
                return
        connection.sendall(finish)

    return answer


def silence(connection: socket.socket, end: threading.Event) -> None:
    end.wait()


@pytest.mark.parametrize(
    "answer",
    [
        silence,
        drip(OK, b"X-A: b\r\n", b"Content-Length: 1\r\n\r\na"),
        drip(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", OK + b"Content-Length: 1\r\n\r\na"),
        drip(OK + b"Content-Length: 100\r\n\r\n", b"a", b""),
        drip(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n", b"0\r\n\r\n"),
        drip(OK + b"\r\n", b"a", b""),
    ],
    ids=["silence", "headers", "hints", "body", "chunks", "until close"],
)
def test_a_slow_answer_ends_at_the_deadline_for_the_whole(answer: Answer, serve: Serve) -> None:
    fetcher = GuardedFetcher(allow_private_addresses=True, total_timeout=0.25)
    expected = (ErrorCode.IMAGE_TIMEOUT, "fetching the image URL took longer than 0.25 seconds")
    assert refusal(fetcher, serve(answer).url()) == expected


def test_redirects_do_not_renew_the_deadline(serve: Serve) -> None:
    def slowly(answer: bytes) -> Answer:
        def wait(connection: socket.socket, end: threading.Event) -> None:
            end.wait(0.2)
            connection.sendall(answer)

        return wait

    fetcher = GuardedFetcher(allow_private_addresses=True, total_timeout=0.3)
    server = serve({"/a": slowly(redirect("/b")), "/b": slowly(sized(PICTURE))})
    assert refusal(fetcher, server.url("/a"))[0] is ErrorCode.IMAGE_TIMEOUT


def test_a_name_look_up_that_hangs_counts_as_connecting() -> None:
    end = threading.Event()

    def resolve(*question: object) -> list[tuple[Any, ...]]:
        end.wait()
        return []

    fetcher = GuardedFetcher(allow_private_addresses=True, connect_timeout=0.1, resolve=resolve)
    expected = "connecting to the host of the image URL took longer than 0.1 seconds"
    # More than there are look-ups at once: those that wait for their turn are let go in time, too.
    with ThreadPoolExecutor(40) as pool:
        refusals = list(pool.map(lambda _: refusal(fetcher, "http://pictures.example/"), range(40)))
    end.set()
    assert set(refusals) == {(ErrorCode.IMAGE_TIMEOUT, expected)}


@contextmanager
def deaf(host: str, port: int = 0) -> Iterator[int]:
    """A port that answers no call: its queue of connections is full, so that Linux drops what knocks."""
    with ExitStack() as stack:
        listener = stack.enter_context(closing(socket.create_server((host, port or free_port()), backlog=0)))
        for _ in range(3):
            waiting = stack.enter_context(closing(socket.socket()))
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's way with a full queue and 127.0.0.2")


@linux
def test_a_connection_that_hangs_ends_at_the_deadline_for_connecting() -> None:
    fetcher = GuardedFetcher(allow_private_addresses=True, connect_timeout=0.1)
    expected = "connecting to the host of the image URL took longer than 0.1 seconds"
    with deaf("127.0.0.1") as port:
        assert refusal(fetcher, f"http://127.0.0.1:{port}/") == (ErrorCode.IMAGE_TIMEOUT, expected)


@linux
def test_an_address_that_hangs_does_not_hide_one_that_answers(serve: Serve) -> None:
    resolver = Resolver(("127.0.0.2", "127.0.0.1"))
    fetcher = GuardedFetcher(allow_private_addresses=True, connect_timeout=1.0, resolve=resolver)
    server = serve(sized(PICTURE))
    with deaf("127.0.0.2", server.port):
        assert fetcher.fetch(server.url(host="pictures.example"), 100_000) == PICTURE


def test_a_handshake_that_hangs_counts_as_connecting(serve: Serve) -> None:
    server = serve(silence)
    fetcher = GuardedFetcher(allow_private_addresses=True, connect_timeout=0.1)
    expected = "connecting to the host of the image URL took longer than 0.1 seconds"
    assert refusal(fetcher, f"https://127.0.0.1:{server.port}/") == (ErrorCode.IMAGE_TIMEOUT, expected)
