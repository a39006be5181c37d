"""The table of attacks (vectors.toml): refused as they come and as redirects, and nobody is connected to."""

from __future__ import annotations

import tomllib
from ipaddress import IPv4Address, IPv4Network, ip_address
from pathlib import Path
from typing import Any

import httpcore
import pytest

from tests.unit.fetch.refusals import refusal
from tests.unit.fetch.servers import PICTURE, Resolver, Serve, redirect, sized
from visavis.errors import ErrorCode
from visavis.fetch import GuardedFetcher, addresses

TABLE: dict[str, Any] = tomllib.loads(Path(__file__).with_name("vectors.toml").read_text(encoding="utf-8"))
NAMES: dict[str, list[list[str]]] = TABLE.pop("names")
URLS: list[str] = [url for kind in TABLE.values() for url in kind["urls"]]
HERE = "127.0.0.1"
FAR = "93.184.215.14"
"""A public address, which no test may really reach."""


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every address that is connected to; only this machine really is."""
    asked: list[str] = []
    connect = httpcore.SyncBackend.connect_tcp

    def watched(
        self: httpcore.SyncBackend, host: str, port: int, *rest: Any, **more: Any
    ) -> httpcore.NetworkStream:
        asked.append(host)
        if host != HERE or port < 10_000:
            raise httpcore.ConnectError
        return connect(self, host, port, *rest, **more)

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", watched)
    return asked


def resolve(host: str, port: int, family: int, kind: int) -> list[tuple[Any, ...]]:
    known = {name.lower(): answers for name, answers in NAMES.items()}
    return [(family, kind, 0, "", (address, port)) for address in known.get(host, [[FAR]])[0]]


@pytest.fixture(scope="module")
def fetcher() -> GuardedFetcher:
    return GuardedFetcher(allow_private_addresses=False, connect_timeout=1, resolve=resolve)


def test_there_are_more_than_a_hundred_and_fifty() -> None:
    assert len(set(URLS)) == len(URLS) > 150


@pytest.mark.parametrize("url", URLS)
def test_a_url_of_the_table_is_refused_and_nobody_connected_to(
    url: str, fetcher: GuardedFetcher, connections: list[str]
) -> None:
    assert refusal(fetcher, url)[0] is ErrorCode.INVALID_IMAGE_URL
    assert connections == []


@pytest.fixture
def here_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    """A single address of this machine is moved to the public internet, so that a redirect can start there."""
    loopback = IPv4Network("127.0.0.0/8")
    others = [block for block in addresses.FORBIDDEN_IPV4 if block != loopback]
    monkeypatch.setattr(
        addresses, "FORBIDDEN_IPV4", (*others, *loopback.address_exclude(IPv4Network(f"{HERE}/32")))
    )


def ipv4(address: str) -> str:
    """The address, or the one that it hides; those in NAT64 are the last 32 bits."""
    parsed = ip_address(address)
    return str(IPv4Address(int(parsed) & 0xFFFFFFFF)) if parsed.version == 6 else address


@pytest.mark.usefixtures("here_is_public")
@pytest.mark.parametrize("url", URLS)
def test_a_redirect_to_a_url_of_the_table_is_refused(
    url: str, serve: Serve, fetcher: GuardedFetcher, connections: list[str]
) -> None:
    answer = redirect("X").replace(b"X\r\n", url.encode("utf-8", "surrogatepass") + b"\r\n", 1)
    server = serve(answer)
    code, _ = refusal(fetcher, server.url("/"))
    assert code is ErrorCode.INVALID_IMAGE_URL
    assert server.requests
    assert {ipv4(address) for address in connections} == {HERE}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_leads_inside_is_refused_whatever_else_it_leads_to(
    name: str, fetcher: GuardedFetcher, connections: list[str]
) -> None:
    for url in (f"http://{name}/", f"https://{name}:443/", f"http://{name}:10080/a?b"):
        assert refusal(fetcher, url)[0] is ErrorCode.INVALID_IMAGE_URL
    assert connections == []


@pytest.mark.usefixtures("here_is_public")
def test_a_name_is_looked_up_once_and_the_connection_goes_to_what_was_checked(
    serve: Serve, connections: list[str]
) -> None:
    """A name that is public when it is checked and private a moment later (rebinding)."""
    resolver = Resolver((HERE,), ("10.0.0.1",))
    server = serve(sized(PICTURE))
    fetcher = GuardedFetcher(allow_private_addresses=False, resolve=resolver)
    assert fetcher.fetch(server.url(host="rebinding.example"), 100_000) == PICTURE
    assert resolver.questions == ["rebinding.example"]
    assert connections == [HERE]


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"])
def test_no_proxy_of_the_environment_is_asked(
    variable: str, serve: Serve, connections: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, server = serve(sized(b"from the proxy")), serve(sized(PICTURE))
    monkeypatch.setenv(variable, proxy.url())
    fetcher = GuardedFetcher(allow_private_addresses=True)
    assert fetcher.fetch(server.url(), 100_000) == PICTURE
    assert proxy.requests == []
