"""Servers on this machine and a fetcher that may talk to them."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from ipaddress import IPv4Network

import pytest

from tests.unit.fetch.servers import Answer, Serve, Server, free_port
from visavis.fetch import GuardedFetcher, addresses


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers on free ports that an image URL may name."""
    with ExitStack() as stack:

        def start(answers: Mapping[str, Answer] | Answer, tls: ssl.SSLContext | None = None) -> Server:
            table = answers if isinstance(answers, Mapping) else {"/": answers}
            server = stack.enter_context(Server(free_port(), table, tls))
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            stack.callback(server.end.set)
            return server

        yield start


@pytest.fixture(scope="module")
def fetcher() -> GuardedFetcher:
    return GuardedFetcher(allow_private_addresses=True)


@pytest.fixture
def loopback_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    """Moves 127.0.0.1 to the public internet, so that a test can have a server there; all else stays."""
    others = tuple(block for block in addresses.FORBIDDEN_IPV4 if block != IPv4Network("127.0.0.0/8"))
    monkeypatch.setattr(addresses, "FORBIDDEN_IPV4", others)
