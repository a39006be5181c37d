"""Which URLs name an image at all, before anything is looked up or connected (contract.md 13)."""

from __future__ import annotations

import contextlib
from ipaddress import IPv6Address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visavis.errors import ErrorCode, ServiceError
from visavis.fetch import GuardedFetcher
from visavis.fetch.target import parse

MALFORMED = "is malformed"
CHARACTER = "contains a space, a control character or a backslash"
SCHEME = "must begin with http:// or https://"
USER = "must not contain a user name or password"
PORT = "the port of the image URL must be 80, 443 or 10000-12000"
HOST = "the host of the image URL is not a valid name or address"
EITHER = "the image URL"
"""Malformed, or not a valid address: it depends on the release of Python how much urlsplit looks into brackets."""

REFUSED = [
    ("", SCHEME),
    ("face.png", SCHEME),
    ("//example.com/face.png", SCHEME),
    ("example.com/face.png", SCHEME),
    ("example.com:80/face.png", SCHEME),
    ("file:///etc/passwd", SCHEME),
    ("ftp://example.com/face.png", SCHEME),
    ("gopher://example.com:80/_GET", SCHEME),
    ("data:image/png;base64,iVBORw0KGgo=", SCHEME),
    ("javascript:alert(1)", SCHEME),
    ("dict://example.com:11211/stat", SCHEME),
    ("ws://example.com/", SCHEME),
    ("httpx://example.com/", SCHEME),
    ("url:http://example.com/", SCHEME),
    ("\u3000http://example.com/", SCHEME),
    ("http:", MALFORMED),
    ("http://", MALFORMED),
    ("http:/example.com/", MALFORMED),
    ("http:///face.png", MALFORMED),
    ("http:example.com/face.png", MALFORMED),
    ("https://?q", MALFORMED),
    ("http://:80/", MALFORMED),
    ("http://example.com:port/", MALFORMED),
    ("http://example.com:-80/", MALFORMED),
    ("http://example.com:+80/", MALFORMED),
    ("http://example.com:8_0/", MALFORMED),
    ("http://example.com:\uff18\uff10/", MALFORMED),
    ("http://example.com:80:80/", MALFORMED),
    ("http://example.com:" + "9" * 5000 + "/", MALFORMED),
    ("http://[::1/", MALFORMED),
    ("http://::1/", MALFORMED),
    ("http://[::1]x/", MALFORMED),
    ("http://x[::1]/", MALFORMED),
    ("http://[]/", MALFORMED),
    ("http://[fe80::1%25eth0]/", MALFORMED),
    ("http://[::1%eth0]/", MALFORMED),
    ("http://[v1.x]/", MALFORMED),
    ("http://example.com\u2100/", MALFORMED),
    ("http://example.com/\ud800", MALFORMED),
    (" http://example.com/", CHARACTER),
    ("http://example.com/ ", CHARACTER),
    ("http://example.com/a b.png", CHARACTER),
    ("http://exam\tple.com/", CHARACTER),
    ("ht\ntp://example.com/", CHARACTER),
    ("http://example.com/\r\nHost: other", CHARACTER),
    ("http://example.com/\x00", CHARACTER),
    ("http://example.com/\x7f", CHARACTER),
    ("http://example.com\\@10.0.0.1/", CHARACTER),
    ("http:\\\\example.com\\", CHARACTER),
    ("http://user@example.com/", USER),
    ("http://user:hunter2@example.com/", USER),
    ("http://:hunter2@example.com/", USER),
    ("http://@example.com/", USER),
    ("http://example.com@10.0.0.1/", USER),
    ("http://example.com:80@10.0.0.1:80/", USER),
    ("http://a@b@example.com/", USER),
    ("http://user@[::1]/", USER),
    *((f"http://example.com:{port}/", PORT) for port in (0, 1, 21, 22, 25, 79, 81, 442, 444, 3306, 5432, 6379)),
    *((f"https://example.com:{port}/", PORT) for port in (8000, 8080, 8443, 9999, 12001, 65535, 65536, 999999999)),
    ("http://0/", HOST),
    ("http://1/", HOST),
    ("http://127.1/", HOST),
    ("http://127.0.1/", HOST),
    ("http://2130706433/", HOST),
    ("http://017700000001/", HOST),
    ("http://0x7f000001/", HOST),
    ("http://0x7f.0.0.1/", HOST),
    ("http://0x7f.1/", HOST),
    ("http://0X7F.0X1/", HOST),
    ("http://127.0.0.0x1/", HOST),
    ("http://127.0.0.0x/", HOST),
    ("http://0177.0.0.1/", HOST),
    ("http://0127.0.0.1/", HOST),
    ("http://127.0.0.01/", HOST),
    ("http://127.000.000.001/", HOST),
    ("http://127.0.0.1./", HOST),
    ("http://127.0.0.256/", HOST),
    ("http://127.0.0.1.2/", HOST),
    ("http://4294967297/", HOST),
    ("http://name.1/", HOST),
    ("http://\u2460\u2461\u2466.1/", HOST),
    ("http://[127.0.0.1]/", EITHER),
    ("http://[::1::]/", EITHER),
    ("http://[12345::]/", EITHER),
    ("http://[::ffff:0177.0.0.1]/", EITHER),
    ("http://%31%32%37.0.0.1/", HOST),
    ("http://example%2ecom/", HOST),
    ("http://example..com/", HOST),
    ("http://.example.com/", HOST),
    ("http://example.com./", HOST),
    ("http://./", HOST),
    ("http://exa$mple.com/", HOST),
    ("http://example.com;10.0.0.1/", HOST),
    ("http://example.com,10.0.0.1/", HOST),
    ("http://" + "a" * 64 + ".com/", HOST),
    ("http://" + "a." * 127 + "com/", HOST),
    ("http://" + "\u00e9" * 70 + ".com/", HOST),
    ("http://\u00e9..com/", HOST),
    ("http://\ud800.com/", HOST),
    ("http://example.com/" + "a" * 8192, "is longer than 8192 characters"),
]

ACCEPTED = [
    ("http://example.com", "example.com", 80, "/"),
    ("HTTP://EXAMPLE.com/A.png", "example.com", 80, "/A.png"),
    ("https://example.com/face.png", "example.com", 443, "/face.png"),
    ("http://example.com:/", "example.com", 80, "/"),
    ("http://example.com:443/", "example.com", 443, "/"),
    ("https://example.com:80/", "example.com", 80, "/"),
    ("http://example.com:080/", "example.com", 80, "/"),
    ("http://example.com:10000/", "example.com", 10000, "/"),
    ("http://example.com:11211/", "example.com", 11211, "/"),
    ("http://example.com:12000/", "example.com", 12000, "/"),
    ("http://example.com/a?b=c&d=%2F#fragment", "example.com", 80, "/a?b=c&d=%2F"),
    ("http://example.com?b=c", "example.com", 80, "/?b=c"),
    ("http://example.com/a;b=c,d@e:f", "example.com", 80, "/a;b=c,d@e:f"),
    ("http://example.com/\uc5bc\uad74.png", "example.com", 80, "/%EC%96%BC%EA%B5%B4.png"),
    ("http://example.com/a%20b.png", "example.com", 80, "/a%20b.png"),
    ('http://example.com/<"{a}">', "example.com", 80, "/%3C%22%7Ba%7D%22%3E"),
    ("http://example.com/@10.0.0.1/", "example.com", 80, "/@10.0.0.1/"),
    ("http://my_service:10080/", "my_service", 10080, "/"),
    ("http://0xface.example/", "0xface.example", 80, "/"),
    ("http://1.2.3.example/", "1.2.3.example", 80, "/"),
    ("http://\ud55c\uae00.kr/", "xn--bj0bj06e.kr", 80, "/"),
    ("http://b\u00fccher.de/", "xn--bcher-kva.de", 80, "/"),
    ("http://8.8.8.8/", "8.8.8.8", 80, "/"),
    ("http://\uff11\uff12\uff17.0.0.1/", "127.0.0.1", 80, "/"),
    ("http://127\u30020\u30020\u30021/", "127.0.0.1", 80, "/"),
    ("http://\u2460\u2461\u2466.\u24ea.\u24ea.\u2460/", "127.0.0.1", 80, "/"),
    ("http://\uff4cocalhost/", "localhost", 80, "/"),
    ("http://[2001:4860:4860:0::8888]/", "2001:4860:4860::8888", 80, "/"),
    ("http://[::FFFF:127.0.0.1]:10000/", str(IPv6Address("::ffff:7f00:1")), 10000, "/"),
]


def never_asked(*question: object) -> list[tuple[Any, ...]]:
    raise AssertionError(question)


@pytest.fixture(scope="module", params=[False, True], ids=["public addresses only", "any address"])
def fetcher(request: pytest.FixtureRequest) -> GuardedFetcher:
    return GuardedFetcher(allow_private_addresses=request.param, resolve=never_asked)


@pytest.mark.parametrize(("url", "reason"), REFUSED)
def test_a_url_that_breaks_a_rule_is_refused_with_that_rule(
    url: str, reason: str, fetcher: GuardedFetcher
) -> None:
    with pytest.raises(ServiceError) as caught:
        fetcher.fetch(url, 1000)
    assert caught.value.code is ErrorCode.INVALID_IMAGE_URL
    assert reason in caught.value.detail


@pytest.mark.parametrize(("url", "host", "port", "path"), ACCEPTED)
def test_a_url_is_taken_for_what_it_really_says(url: str, host: str, port: int, path: str) -> None:
    target = parse(url)
    assert (target.host, target.port, target.path) == (host, port, path)


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("http://example.com:80/", "example.com"),
        ("https://example.com:443/", "example.com"),
        ("http://example.com:443/", "example.com:443"),
        ("http://[2606:4700::1]:10000/", "[2606:4700::1]:10000"),
        ("https://[2606:4700::1]/", "[2606:4700::1]"),
    ],
)
def test_the_host_header_names_the_port_only_where_it_is_not_the_scheme_s_own(url: str, authority: str) -> None:
    assert parse(url).authority == authority


def test_no_refusal_repeats_credentials_or_the_query() -> None:
    for url, _ in REFUSED:
        with pytest.raises(ServiceError) as caught:
            parse(url)
        assert "hunter2" not in str(caught.value)
    with pytest.raises(ServiceError) as caught:
        parse("http://example.com:22/?token=hunter2")
    assert "hunter2" not in str(caught.value)


@given(
    st.text()
    | st.tuples(st.sampled_from(["http://", "https://", "http:", "ftp://", "//"]), st.text()).map("".join)
    | st.from_regex(r"https?://[a-z0-9.@:\[\]%\\-]*(:[0-9]*)?[/?#]?.*", fullmatch=True)
)
def test_any_text_is_either_a_clean_target_or_a_plain_refusal(url: str) -> None:
    with contextlib.suppress(ServiceError):
        target = parse(url)
        assert target.port in {80, 443} or 10000 <= target.port <= 12000
        assert target.path.startswith("/")
        assert (target.host + target.path).isascii()
        assert (target.host + target.path).isprintable()
        assert " " not in target.host + target.path
        return
    with pytest.raises(ServiceError) as caught:
        parse(url)
    assert caught.value.code is ErrorCode.INVALID_IMAGE_URL
    assert caught.value.detail.isascii()
    assert len(caught.value.detail) <= 200
