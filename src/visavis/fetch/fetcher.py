"""The download of a picture, with all its limits."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Final

import httpcore

from visavis import __version__
from visavis.errors import ErrorCode, ServiceError
from visavis.fetch.addresses import Address, is_public
from visavis.fetch.connector import Connector
from visavis.fetch.deadline import Deadline
from visavis.fetch.lookup import Resolve
from visavis.fetch.target import Target, invalid_url, parse
from visavis.spans import Instrumentation, Span, uninstrumented

MAX_REDIRECTS: Final = 3
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


class GuardedFetcher:
    """Implements core's `ImageFetcher` for the public internet. Safe to share between threads.

    `allow_private_addresses` lifts the address rule and no other. Both timeouts are in seconds: `connect_timeout`
    is for name look-up, TCP and TLS together, anew after a redirect; `total_timeout` for everything.
    """

    def __init__(
        self,
        *,
        allow_private_addresses: bool,
        connect_timeout: float = 3.0,
        total_timeout: float = 10.0,
        resolve: Resolve = socket.getaddrinfo,
        instrument: Instrumentation = uninstrumented,
    ) -> None:
        self._allow_private_addresses = allow_private_addresses
        self._connect_timeout = connect_timeout
        self._total_timeout = total_timeout
        self._connector = Connector(self._refusal, resolve)
        self._instrument = instrument

    def fetch(self, url: str, max_bytes: int) -> bytes:
        with self._instrument(Span.FETCH):
            return self._fetch(url, max_bytes)

    def _fetch(self, url: str, max_bytes: int) -> bytes:
        total = Deadline.after(self._total_timeout, "fetching the image URL")
        target = parse(url)
        for _ in range(1 + MAX_REDIRECTS):
            answer = self._get(target, max_bytes, total)
            if isinstance(answer, bytes):
                return answer
            target = answer
        raise invalid_url(f"the image URL redirects more than {MAX_REDIRECTS} times")

    def _get(self, target: Target, max_bytes: int, total: Deadline) -> bytes | Target:
        """The body of the response, or the target of a redirect."""
        connecting = Deadline.after(self._connect_timeout, f"connecting to the host of {target.what}")
        with self._connector.connection(target, connecting, total) as connection:
            return _answer(connection.handle_request(_request(target)), target, max_bytes)

    def _refusal(self, target: Target, found: Sequence[Address]) -> str | None:
        if self._allow_private_addresses or all(map(is_public, found)):
            return None
        return f"the host of {target.what} is not at a public address"


def _request(target: Target) -> httpcore.Request:
    return httpcore.Request(
        "GET",
        httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path),
        headers=[
            ("Host", target.authority),
            ("User-Agent", f"visavis/{__version__}"),
            ("Accept", "image/png, image/jpeg, */*;q=0.1"),
            ("Accept-Encoding", "identity"),
            ("Connection", "close"),
        ],
    )


def _answer(response: httpcore.Response, target: Target, max_bytes: int) -> bytes | Target:
    headers = {name.lower(): value for name, value in response.headers}
    if response.status in REDIRECTS and b"location" in headers:
        return target.redirect(headers[b"location"])
    if not 200 <= response.status < 300:
        raise invalid_url(f"{target.what} was answered with HTTP status {response.status}")
    too_large = ServiceError(ErrorCode.IMAGE_TOO_LARGE, f"the image at the URL is larger than {max_bytes:,} bytes")
    if int(headers.get(b"content-length", 0)) > max_bytes:
        raise too_large
    body = bytearray()  # not a list: the chunks may be a byte each
    for chunk in response.iter_stream():
        body += chunk
        if len(body) > max_bytes:
            raise too_large
    return bytes(body)
