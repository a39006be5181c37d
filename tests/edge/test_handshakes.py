"""Connections count from the moment they are accepted: TLS handshakes that never end take nothing from others."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from harness.servers import Keys, create_app

from .conftest import Secure, running_secure

DESCRIPTORS = 400
"""That the server may have: those of connections, and 192 that are kept from them."""


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secure]:
    settings = {"EDGE__HANDSHAKE_SECONDS": "3"}
    with running_secure(tmp_path_factory.mktemp("narrow"), settings, DESCRIPTORS) as server:
        yield server


@pytest.fixture(scope="module")
def keys(narrow: Secure) -> Keys:
    return create_app(narrow.folder / "data", "behind-tls")


def silent(server: Secure) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=60)


def works(server: Secure, keys: Keys) -> bool:
    """A group is made, which the database writes to its files."""
    with server.client() as client:
        answer = client.get(
            f"/v2.0/appkeys/{keys.appKey}/groups?limit=1", headers={"Authorization": keys.secretKey}
        )
    return bool(answer.json()["header"]["isSuccessful"])


def test_who_does_not_begin_a_handshake_is_cut_off(narrow: Secure) -> None:
    with closing(silent(narrow)) as connection:
        assert connection.recv(100) == b""


def test_who_stops_in_a_handshake_is_cut_off(narrow: Secure) -> None:
    with closing(silent(narrow)) as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00\x01")
        assert connection.recv(100) == b""


def test_more_silent_connections_than_descriptors_leave_the_server_its_own(narrow: Secure, keys: Keys) -> None:
    assert "208 connections at the same time, not 900" in narrow.log.read_text()
    with ExitStack() as stack:
        held = [stack.enter_context(closing(silent(narrow))) for _ in range(DESCRIPTORS + 100)]
        for connection in held:
            assert connection.recv(100) == b""  # at once where there is no room, else after the deadline
    assert works(narrow, keys)
    assert "Too many open files" not in narrow.log.read_text()
    assert "unable to open database" not in narrow.log.read_text()
