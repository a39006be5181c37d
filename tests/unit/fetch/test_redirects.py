"""A redirect is followed as far as its target keeps the rules of an image URL (contract.md 13)."""

from __future__ import annotations

import pytest

from tests.unit.fetch.refusals import invalid, refusal
from tests.unit.fetch.servers import PICTURE, Answer, Serve, redirect, sized
from visavis.fetch import GuardedFetcher


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location", ["/b", "b", "//127.0.0.1:{port}/b", "http://127.0.0.1:{port}/b#c", "./x/../b"]
)
def test_a_redirect_is_followed(status: int, location: str, serve: Serve, fetcher: GuardedFetcher) -> None:
    answers: dict[str, Answer] = {"/b": sized(PICTURE)}
    server = serve(answers)
    answers["/a"] = redirect(location.format(port=server.port), status)
    assert fetcher.fetch(server.url("/a"), 100_000) == PICTURE


def test_three_redirects_are_followed_and_no_more(serve: Serve, fetcher: GuardedFetcher) -> None:
    hops: dict[str, Answer] = {f"/{i}": redirect(f"/{i + 1}") for i in range(4)}
    server = serve({**hops, "/4": sized(PICTURE)})
    assert fetcher.fetch(server.url("/1"), 100_000) == PICTURE
    server.requests.clear()
    assert refusal(fetcher, server.url("/0")) == invalid("the image URL redirects more than 3 times")
    assert len(server.requests) == 4


TARGET = "the redirect target of the image URL"


@pytest.mark.parametrize(
    ("location", "detail"),
    [
        ("http://127.0.0.1:22/", f"the port of {TARGET} must be 80, 443 or 10000-12000"),
        ("//127.0.0.1:6379/", f"the port of {TARGET} must be 80, 443 or 10000-12000"),
        ("file:///etc/passwd", f"{TARGET} must begin with http:// or https://"),
        ("gopher://127.0.0.1:80/_x", f"{TARGET} must begin with http:// or https://"),
        ("http://user:hunter2@127.0.0.1/", f"{TARGET} must not contain a user name or password"),
        ("http://0x7f.1/", f"the host of {TARGET} is not a valid name or address"),
        ("http://[::1", f"{TARGET} is malformed"),
        ("http://:80/a", f"{TARGET} is malformed"),
        ("/a b", f"{TARGET} contains a space, a control character or a backslash"),
        ("/" + "a" * 9000, f"{TARGET} is longer than 8192 characters"),
    ],
)
def test_a_redirect_is_held_to_every_rule_of_a_url(
    location: str, detail: str, serve: Serve, fetcher: GuardedFetcher
) -> None:
    assert refusal(fetcher, serve(redirect(location)).url()) == invalid(detail)


@pytest.mark.usefixtures("loopback_is_public")
@pytest.mark.parametrize(
    "host", ["10.0.0.1", "169.254.169.254", "192.168.1.1", "[::1]", "[::ffff:10.0.0.1]", "[fd00:ec2::254]"]
)
def test_a_redirect_to_a_special_address_is_refused(host: str, serve: Serve) -> None:
    fetcher = GuardedFetcher(allow_private_addresses=False, connect_timeout=0.5)
    server = serve(redirect(f"http://{host}/"))
    assert refusal(fetcher, server.url()) == invalid(f"the host of {TARGET} is not at a public address")


def test_a_redirect_to_bytes_that_are_no_text_is_refused(serve: Serve, fetcher: GuardedFetcher) -> None:
    answer = redirect("/b").replace(b"/b", b"/\xff")
    assert refusal(fetcher, serve(answer).url()) == invalid(f"{TARGET} is malformed")


def test_a_redirect_to_a_path_in_plain_utf_8_is_followed(serve: Serve, fetcher: GuardedFetcher) -> None:
    server = serve({"/": redirect("/\uc5bc\uad74"), "/%EC%96%BC%EA%B5%B4": sized(PICTURE)})
    assert fetcher.fetch(server.url(), 100_000) == PICTURE
