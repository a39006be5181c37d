"""The download of a picture, with all its limits."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import closing
from ipaddress import ip_address
from typing import Final

import httpcore

from visavis import __version__
from visavis.errors import ErrorCode, ServiceError
from visavis.fetch.addresses import Address, is_public
from visavis.fetch.deadline import Deadline, DeadlineStream
from visavis.fetch.lookup import Lookup, Resolve
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
        self._lookup = Lookup(resolve)
        self._backend = httpcore.SyncBackend()
        self._instrument = instrument
        # Trusts the system's roots, so that an operator's own authority counts (SSL_CERT_FILE included), and
        # certifi's, so that a container without a root store works.
        self._tls = httpcore.default_ssl_context()
        # Once and here: OpenSSL lets threads share a context only while nobody writes to it, and httpcore's own
        # HTTPConnection would, each time it connects. Hence HTTP11Connection below, on a stream of ours.
        self._tls.set_alpn_protocols(["http/1.1"])

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
        connecting = min(connecting, total, key=lambda deadline: deadline.at)
        addresses = self._addresses(target, connecting)
        with closing(self._connect(target, addresses, connecting)) as plain:
            stream = plain if target.scheme == "http" else self._secure(plain, target, connecting)
            origin = httpcore.Origin(target.scheme.encode(), target.host.encode(), target.port)
            with httpcore.HTTP11Connection(origin, DeadlineStream(stream, total)) as connection:
                try:
                    return _answer(connection.handle_request(_request(target)), target, max_bytes)
                except (httpcore.NetworkError, httpcore.ProtocolError) as error:
                    raise invalid_url(f"the host of {target.what} broke off or broke HTTP") from error

    def _addresses(self, target: Target, deadline: Deadline) -> Sequence[Address]:
        """The addresses of the host, at least one, and all of them allowed."""
        try:
            found = [ip_address(target.host)]
        except ValueError:
            found = self._look_up(target, deadline)
        if not self._allow_private_addresses and not all(map(is_public, found)):
            raise invalid_url(f"the host of {target.what} is not at a public address")
        return found

    def _look_up(self, target: Target, deadline: Deadline) -> list[Address]:
        try:
            found = self._lookup.addresses(target.host, target.port, deadline)
        except OSError as error:
            raise invalid_url(f"the host name of {target.what} cannot be resolved") from error
        if not found:
            raise invalid_url(f"the host name of {target.what} has no address")
        return found

    def _connect(self, target: Target, addresses: Sequence[Address], deadline: Deadline) -> httpcore.NetworkStream:
        failure: Exception | None = None
        for untried, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            # An equal share of the time for each, so that a dead address does not hide a live one behind it.
            share = deadline.remaining() / untried
            try:
                return self._backend.connect_tcp(str(address), target.port, share)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        if isinstance(failure, httpcore.ConnectTimeout):
            raise deadline.missed() from failure
        raise invalid_url(f"the host of {target.what} refuses connections or cannot be reached") from failure

    def _secure(self, plain: httpcore.NetworkStream, target: Target, deadline: Deadline) -> httpcore.NetworkStream:
        try:
            return plain.start_tls(self._tls, target.host, deadline.remaining())
        except httpcore.ConnectTimeout as error:
            raise deadline.missed() from error
        except httpcore.ConnectError as error:
            raise invalid_url(f"the host of {target.what} offers no TLS that can be trusted") from error


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
