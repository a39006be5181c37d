"""What stands behind the last chunk of a body is no header, and has an end."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, suppress

import psutil
import pytest

from harness.servers import PREFIX, Keys, Server, running_server
from tests.hostile.talking import PATIENCE_S, exchange, statuses

GUESSES = 20
MEGABYTE = 1 << 20


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Behind a proxy, which the tests play."""
    settings = {"EDGE__TRUSTED_PROXIES": "127.0.0.1", "EDGE__WRONG_KEYS_PER_MINUTE": str(GUESSES)}
    with running_server(tmp_path_factory.mktemp("trailers"), settings) as server:
        yield server


@pytest.fixture(scope="module")
def keys(guarded: Server) -> Keys:
    return guarded.create_app("trailers")


def listing(keys: Keys, headers: str, trailer: str) -> bytes:
    """A request for the groups of an app with a body that has a trailer."""
    return (
        f"GET {PREFIX}/{keys.appKey}/groups?limit=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}"
        f"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n{trailer}\r\n"
    ).encode()


def test_a_key_in_a_trailer_lets_nobody_in(guarded: Server, keys: Keys) -> None:
    key = f"Authorization: {keys.secretKey}\r\n"
    assert b'"resultCode":0' in exchange(guarded.port, listing(keys, key, ""))
    assert b'"resultCode":-41005' in exchange(guarded.port, listing(keys, "", key))


def test_an_address_in_a_trailer_is_nobody_s(guarded: Server, keys: Keys) -> None:
    wrong = "X-Forwarded-For: 203.0.113.9\r\nAuthorization: wrong\r\n"
    answers = [
        exchange(guarded.port, listing(keys, wrong, f"X-Forwarded-For: 198.51.100.{number}\r\n"))
        for number in range(GUESSES + 1)
    ]
    assert [statuses(answer) for answer in answers] == [(200,)] * GUESSES + [(429,)]


def test_a_trailer_without_an_end_is_refused_before_it_takes_memory(guarded: Server, keys: Keys) -> None:
    process = psutil.Process(guarded.process.pid)
    before = process.memory_info().rss
    head = listing(keys, "Authorization: wrong\r\n", "").removesuffix(b"\r\n")
    with closing(socket.create_connection(("127.0.0.1", guarded.port), timeout=PATIENCE_S)) as connection:
        connection.sendall(head)
        sent = 0
        with suppress(ConnectionError):
            while sent < 64 * MEGABYTE:
                sent += connection.send(b"a:b\r\n" * 10_000)
    assert sent < 64 * MEGABYTE
    assert process.memory_info().rss - before < 64 * MEGABYTE


@pytest.mark.parametrize("size", [32_000, 33_000])
def test_a_trailer_is_as_long_as_a_head_may_be(size: int, guarded: Server, keys: Keys) -> None:
    trailer = f"X: {'y' * size}\r\n"
    answer = exchange(guarded.port, listing(keys, f"Authorization: {keys.secretKey}\r\n", trailer))
    assert statuses(answer) == ((200,) if size < 32_768 else (431,))
