"""What a server learns from a request for an image (contract.md 13)."""

from __future__ import annotations

import pytest

from tests.unit.fetch.servers import PICTURE, Serve, redirect, sized
from visavis import __version__
from visavis.fetch import GuardedFetcher


def test_the_request_says_who_asks_and_nothing_else(
    serve: Serve, fetcher: GuardedFetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server = serve({"/a?b=c": sized(PICTURE)})
    fetcher.fetch(server.url("/a?b=c#d"), 100_000)
    request = (
        "GET /a?b=c HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{server.port}\r\n"
        f"User-Agent: visavis/{__version__}\r\n"
        "Accept: image/png, image/jpeg, */*;q=0.1\r\n"
        "Accept-Encoding: identity\r\n"
        "Connection: close\r\n\r\n"
    )
    assert server.requests == [request]


def test_no_cookie_is_carried_to_the_next_hop(serve: Serve, fetcher: GuardedFetcher) -> None:
    moved = redirect("/b").replace(b"\r\n", b"\r\nSet-Cookie: a=b\r\n", 1)
    server = serve({"/a": moved, "/b": sized(PICTURE)})
    assert fetcher.fetch(server.url("/a"), 100_000) == PICTURE
    assert "cookie" not in server.requests[1].lower()
