"""Which addresses belong to the public internet."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final, TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address

# From the IANA special-purpose address registries (RFC 6890 and its updates), written out because what `ipaddress`
# takes for global differs between patch releases of Python.
FORBIDDEN_IPV4: Final = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's host channel: public by number, link-local by nature
        "169.254.0.0/16",  # link-local, cloud metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/3",  # multicast, reserved, broadcast
    )
)
PUBLIC_IPV6: Final = IPv6Network("2000::/3")
FORBIDDEN_IPV6: Final = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3ffe::/16",  # 6bone, given back
        "3fff::/20",  # documentation
    )
)
NAT64: Final = IPv6Network("64:ff9b::/96")


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public internet.

    IPv4-mapped (RFC 4291) and NAT64 (RFC 6052) addresses are as public as the IPv4 address inside; the other
    transition forms (IPv4-compatible, 6to4, Teredo) are never public.
    """
    if isinstance(address, IPv4Address):
        return not any(address in block for block in FORBIDDEN_IPV4)
    if address.ipv4_mapped is not None or address in NAT64:
        return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    return address in PUBLIC_IPV6 and not any(address in block for block in FORBIDDEN_IPV6)
