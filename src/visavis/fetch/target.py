"""Parses image URLs strictly."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final
from urllib.parse import quote, urljoin, urlsplit

import idna

from visavis.errors import ErrorCode, ServiceError

MAX_URL_LENGTH: Final = 8192
DEFAULT_PORTS: Final = {"http": 80, "https": 443}

_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:@]+)(?::([0-9]{0,9}))?")
_LABEL = re.compile(r"[a-z0-9_-]{1,63}")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_NOT_IN_A_URL = re.compile(r"[\x00-\x20\x7f\\]")
"""Spaces, controls and backslashes: urlsplit drops or keeps them where others would see another URL."""
_KEPT = "!$%&'()*+,/:;=?@[]~"
"""Characters of a path or query that are not percent-encoded (RFC 3986, 3.3 and 3.4, and brackets)."""


@dataclass(frozen=True, slots=True)
class Target:
    """A parsed URL: where to connect, and what to request.

    `what` names the URL in sentences; `host` is an ASCII name or an address in canonical form; `path` starts with
    "/" and includes the query.
    """

    what: str
    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The value of the Host header (RFC 9110, 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def redirect(self, location: bytes) -> Target:
        """The target of a Location header. Raises INVALID_IMAGE_URL."""
        what = "the redirect target of the image URL"
        try:
            reference = location.decode()
            _check_characters(reference, what)  # urljoin drops tabs
            url = urljoin(f"{self.scheme}://{self.authority}{self.path}", reference)
        except ValueError as error:
            raise invalid_url(f"{what} is malformed") from error
        target = parse(url, what)
        if self.scheme == "https" and target.scheme == "http":
            raise invalid_url("the image URL redirects from https to http")
        return target


def parse(url: str, what: str = "the image URL", *, any_port: bool = False) -> Target:
    """Parse a URL. Raises INVALID_IMAGE_URL with a sentence about `what`, which repeats nothing of the URL.

    Without `any_port` the port must be one that pictures are fetched from (contract.md 13).
    """
    if len(url) > MAX_URL_LENGTH:
        raise invalid_url(f"{what} is longer than {MAX_URL_LENGTH} characters")
    _check_characters(url, what)
    try:
        parts = urlsplit(url)
        path = quote(parts.path or "/", _KEPT)
        query = quote(parts.query, _KEPT)
    except ValueError as error:
        raise invalid_url(f"{what} is malformed") from error
    if parts.scheme not in DEFAULT_PORTS:
        raise invalid_url(f"{what} must begin with http:// or https://")
    if "@" in parts.netloc:
        raise invalid_url(f"{what} must not contain a user name or password")
    authority = _AUTHORITY.fullmatch(parts.netloc)
    if authority is None:
        raise invalid_url(f"{what} is malformed")
    port = int(authority[2] or DEFAULT_PORTS[parts.scheme])
    if any_port and not 1 <= port <= 65_535:
        raise invalid_url(f"the port of {what} must be 1-65535")
    if not any_port and port not in (80, 443) and not 10000 <= port <= 12000:
        raise invalid_url(f"the port of {what} must be 80, 443 or 10000-12000")
    try:
        host = _canonical_host(authority[1])
    except ValueError as error:
        raise invalid_url(f"the host of {what} is not a valid name or address") from error
    return Target(what, parts.scheme, host, port, f"{path}?{query}" if query else path)


def _check_characters(text: str, what: str) -> None:
    if _NOT_IN_A_URL.search(text):
        raise invalid_url(f"{what} contains a space, a control character or a backslash")


def invalid_url(detail: str) -> ServiceError:
    return ServiceError(ErrorCode.INVALID_IMAGE_URL, detail)


def _canonical_host(host: str) -> str:
    if host.startswith("["):
        return str(IPv6Address(host[1:-1]))
    name = host.lower() if host.isascii() else idna.encode(host, uts46=True).decode()
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        # Resolvers take 0177.1, 0x7f.1 and 2130706433 for addresses, too; here only dotted decimals are one.
        return str(IPv4Address(name))
    if len(name) > 253 or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError
    return name
