"""Which address a name leads to: one that was checked, and one that answers (contract.md 13)."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from tests.unit.fetch.refusals import invalid, refusal
from tests.unit.fetch.servers import PICTURE, Resolver, Serve, redirect, sized
from visavis.errors import ErrorCode
from visavis.fetch import GuardedFetcher


@pytest.mark.usefixtures("loopback_is_public")
def test_the_connection_goes_to_the_address_that_was_checked(serve: Serve) -> None:
    resolver = Resolver(("127.0.0.1",), ("10.0.0.1",))
    fetcher = GuardedFetcher(allow_private_addresses=False, resolve=resolver)
    server = serve(sized(PICTURE))
    assert fetcher.fetch(server.url(host="pictures.example"), 100_000) == PICTURE
    assert resolver.questions == ["pictures.example"]
    assert f"\r\nHost: pictures.example:{server.port}\r\n" in server.requests[0]


@pytest.mark.usefixtures("loopback_is_public")
def test_a_name_that_turns_private_after_a_redirect_is_refused(serve: Serve) -> None:
    resolver = Resolver(("127.0.0.1",), ("10.0.0.1",))
    fetcher = GuardedFetcher(allow_private_addresses=False, connect_timeout=0.5, resolve=resolver)
    server = serve(redirect("/"))
    expected = invalid("the host of the redirect target of the image URL is not at a public address")
    assert refusal(fetcher, server.url(host="pictures.example")) == expected


def test_an_address_where_nobody_listens_does_not_hide_one_that_answers(serve: Serve) -> None:
    resolver = Resolver(("127.0.0.2", "::1", "127.0.0.1"))
    fetcher = GuardedFetcher(allow_private_addresses=True, resolve=resolver)
    assert fetcher.fetch(serve(sized(PICTURE)).url(host="pictures.example"), 100_000) == PICTURE


def unknown(*question: object) -> list[tuple[Any, ...]]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@pytest.mark.parametrize("resolve", [unknown, Resolver(())], ids=["unknown", "no address"])
def test_a_name_without_addresses_is_refused(resolve: Any) -> None:
    fetcher = GuardedFetcher(allow_private_addresses=False, resolve=resolve)
    code, detail = refusal(fetcher, "http://pictures.example/")
    assert code is ErrorCode.INVALID_IMAGE_URL
    assert detail.startswith("the host name of the image URL ")
