"""Which addresses an image may be fetched from (contract.md 13)."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visavis.errors import ErrorCode, ServiceError
from visavis.fetch import GuardedFetcher
from visavis.fetch.addresses import is_public

FORBIDDEN = [
    "0.0.0.0",  # noqa: S104 - refused here, not bound
    "0.255.255.255",
    "10.0.0.0",
    "10.255.255.255",
    "100.64.0.0",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.255",
    "168.63.129.16",
    "169.254.0.0",
    "169.254.169.254",
    "169.254.255.255",
    "172.16.0.0",
    "172.31.255.255",
    "192.0.0.0",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.0",
    "192.168.255.255",
    "198.18.0.0",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.255",
    "224.0.0.1",
    "233.252.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::10.0.0.1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:a9fe:a9fe",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:a00:1::1",
    "2002:808:808::1",
    "3ffe::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.0.3.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "203.0.112.255",
    "203.0.114.0",
    "223.255.255.255",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2606:4700::6810:84e5",
    "2a00:1450:4001:80b::200e",
]

MIXED = [("8.8.8.8", "10.0.0.1"), ("::1", "8.8.8.8"), ("8.8.8.8", "1.1.1.1", "fe80::1")]
ZONE = {f"name-{i}.example": addresses for i, addresses in enumerate([*((a,) for a in FORBIDDEN), *MIXED])}


def resolve(host: str, port: int, family: int, kind: int) -> list[tuple[Any, ...]]:
    return [(family, kind, 0, "", (address, port)) for address in ZONE[host]]


@pytest.fixture(scope="module")
def fetcher() -> GuardedFetcher:
    return GuardedFetcher(allow_private_addresses=False, connect_timeout=0.2, resolve=resolve)


@pytest.mark.parametrize("name", ZONE, ids=map(",".join, ZONE.values()))
def test_a_name_with_a_special_address_is_refused_whatever_its_other_addresses(
    name: str, fetcher: GuardedFetcher
) -> None:
    refuses_the_address(fetcher, f"http://{name}/face.png")


@pytest.mark.parametrize("address", [a for a in FORBIDDEN if "%" not in a])
def test_a_special_address_written_in_the_url_is_refused(address: str, fetcher: GuardedFetcher) -> None:
    refuses_the_address(fetcher, f"http://[{address}]/face.png" if ":" in address else f"https://{address}/")


@pytest.mark.parametrize(
    "host", ["\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021", "[::FFFF:7F00:1]", "[0:0::1]"]
)
def test_another_spelling_of_a_special_address_is_no_way_around(host: str, fetcher: GuardedFetcher) -> None:
    refuses_the_address(fetcher, f"http://{host}/face.png")


def test_localhost_is_refused_as_the_system_resolves_it() -> None:
    refuses_the_address(GuardedFetcher(allow_private_addresses=False), "http://localhost/face.png")


def refuses_the_address(fetcher: GuardedFetcher, url: str) -> None:
    with pytest.raises(ServiceError) as caught:
        fetcher.fetch(url, 1000)
    assert caught.value.code is ErrorCode.INVALID_IMAGE_URL
    assert caught.value.detail == "the host of the image URL is not at a public address"


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_public_internet_is_allowed(address: str) -> None:
    assert is_public(ip_address(address))


@given(st.ip_addresses(v=4))
def test_an_ipv6_address_that_hides_an_ipv4_address_is_no_better_than_that(hidden: IPv4Address) -> None:
    assert is_public(IPv6Address(f"::ffff:{hidden}")) == is_public(hidden)
    assert is_public(IPv6Address(f"64:ff9b::{hidden}")) == is_public(hidden)
    assert not is_public(IPv6Address(f"::{hidden}"))
    assert not is_public(IPv6Address((0x2002 << 112) | (int(hidden) << 80) | 1))
    assert not is_public(IPv6Address((0x20010000 << 96) | (int(hidden) ^ 0xFFFFFFFF)))


@given(st.ip_addresses())
def test_nothing_that_the_standard_library_calls_special_is_public(address: IPv4Address | IPv6Address) -> None:
    special = address.is_private or address.is_multicast or address.is_link_local or address.is_unspecified
    if special and not (isinstance(address, IPv6Address) and address.ipv4_mapped):
        assert not is_public(address)
