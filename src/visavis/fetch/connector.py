"""Connects to the host of a URL: looked up once, checked, and connected to at an address that was checked."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from ipaddress import ip_address
from typing import TypeAlias

import httpcore

from visavis.fetch.addresses import Address
from visavis.fetch.deadline import Deadline, DeadlineStream
from visavis.fetch.lookup import Lookup, Resolve
from visavis.fetch.target import Target, invalid_url

Refusal: TypeAlias = Callable[[Target, Sequence[Address]], str | None]
"""Why nothing may be sent to a target at these addresses, as a sentence; None if it may."""


class Connector:
    """Opens connections to targets that `refusal` has nothing against. Safe to share between threads."""

    def __init__(self, refusal: Refusal, resolve: Resolve = socket.getaddrinfo) -> None:
        self._refusal = refusal
        self._lookup = Lookup(resolve)
        self._backend = httpcore.SyncBackend()
        # Trusts the system's roots, so that an operator's own authority counts (SSL_CERT_FILE included), and
        # certifi's, so that a container without a root store works.
        self._tls = httpcore.default_ssl_context()
        # Once and here: OpenSSL lets threads share a context only while nobody writes to it, and httpcore's own
        # HTTPConnection would, each time it connects. Hence HTTP11Connection below, on a stream of ours.
        self._tls.set_alpn_protocols(["http/1.1"])

    def addresses(self, target: Target, deadline: Deadline) -> Sequence[Address]:
        """The addresses of the host, at least one, and all of them allowed.

        Raises INVALID_IMAGE_URL, and IMAGE_TIMEOUT after the deadline.
        """
        try:
            found = [ip_address(target.host)]
        except ValueError:
            found = self._look_up(target, deadline)
        if reason := self._refusal(target, found):
            raise invalid_url(reason)
        return found

    @contextmanager
    def connection(
        self, target: Target, connecting: Deadline, total: Deadline
    ) -> Iterator[httpcore.HTTP11Connection]:
        """A connection for one request, closed after the block.

        `connecting` is the deadline for look-up, TCP and TLS, `total` for everything. Raises what `addresses`
        does, also where the host breaks off or breaks HTTP in the block.
        """
        connecting = min(connecting, total, key=lambda deadline: deadline.at)
        addresses = self.addresses(target, connecting)
        with closing(self._connect(target, addresses, connecting)) as plain:
            stream = plain if target.scheme == "http" else self._secure(plain, target, connecting)
            origin = httpcore.Origin(target.scheme.encode(), target.host.encode(), target.port)
            with httpcore.HTTP11Connection(origin, DeadlineStream(stream, total)) as connection:
                try:
                    yield connection
                except (httpcore.NetworkError, httpcore.ProtocolError) as error:
                    raise invalid_url(
                        f"the host of {target.what} closed the connection or violated HTTP"
                    ) from error

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
            raise invalid_url(f"the host of {target.what} offers no trusted TLS connection") from error
