"""Sends messages to webhooks: to public addresses by https, elsewhere only where the operator allows it."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final

import httpcore

from visavis import __version__
from visavis.errors import ErrorCode, ServiceError
from visavis.fetch.addresses import Address, is_public
from visavis.fetch.connector import Connector
from visavis.fetch.deadline import Deadline
from visavis.fetch.lookup import Resolve
from visavis.fetch.target import Target, parse
from visavis.webhooks import Reply

CONNECT_SECONDS: Final = 3.0
TOTAL_SECONDS: Final = 10.0

_WHAT = "the webhook's URL"


class GuardedWebhookSender:
    """Implements core's `WebhookSender`. Safe to share between threads.

    Sends nothing to an address that is neither public nor in `allowed` networks, and nothing in the clear to one
    that is not in them. Both timeouts are in seconds: `connect_timeout` is for look-up, TCP and TLS,
    `total_timeout` for everything. Of a response only the status is read: no redirect is followed, no body taken.
    """

    def __init__(
        self,
        allowed: Sequence[IPv4Network | IPv6Network] = (),
        *,
        connect_timeout: float = CONNECT_SECONDS,
        total_timeout: float = TOTAL_SECONDS,
        resolve: Resolve = socket.getaddrinfo,
    ) -> None:
        self._allowed = allowed
        self._connect_timeout = connect_timeout
        self._total_timeout = total_timeout
        self._connector = Connector(self._refusal, resolve)

    def require_allowed(self, url: str) -> None:
        try:
            self._connector.addresses(_target(url), self._connecting())
        except ServiceError as error:
            raise ServiceError(ErrorCode.INVALID_PARAMETER, _sentence(error), subject="url") from error

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        try:
            status = self._post(_target(url), body, headers)
        except ServiceError as error:
            return Reply(None, _sentence(error))
        redirects = 300 <= status < 400
        return Reply(status, f"HTTP status {status}{': redirects are not followed' if redirects else ''}.")

    def _post(self, target: Target, body: bytes, headers: Mapping[str, str]) -> int:
        total = Deadline.after(self._total_timeout, f"sending to {_WHAT}")
        request = httpcore.Request(
            "POST",
            httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path),
            headers=[
                ("Host", target.authority),
                ("User-Agent", f"visavis/{__version__}"),
                ("Content-Type", "application/json"),
                ("Content-Length", str(len(body))),
                ("Connection", "close"),
                *headers.items(),
            ],
            content=body,
        )
        with self._connector.connection(target, self._connecting(), total) as connection:
            return connection.handle_request(request).status

    def _connecting(self) -> Deadline:
        return Deadline.after(self._connect_timeout, f"connecting to the host of {_WHAT}")

    def _refusal(self, target: Target, found: Sequence[Address]) -> str | None:
        others = [address for address in found if not self._is_allowed(address)]
        if not all(map(is_public, others)):
            why = "is at an address that is neither public nor in VISAVIS_WEBHOOK__ALLOW_NETWORKS"
            return f"the host of {target.what} {why}"
        if others and target.scheme != "https":
            return f"{target.what} must begin with https:// unless its host is in VISAVIS_WEBHOOK__ALLOW_NETWORKS"
        return None

    def _is_allowed(self, address: Address) -> bool:
        plain = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        return any((plain or address) in network for network in self._allowed)


def networks(text: str) -> list[IPv4Network | IPv6Network]:
    """Addresses and networks with commas between. Raises `ValueError`."""
    return [ip_network(each.strip()) for each in text.split(",") if each.strip()]


def _target(url: str) -> Target:
    return parse(url, _WHAT, any_port=True)


def _sentence(error: ServiceError) -> str:
    return error.detail[:1].upper() + error.detail[1:].removesuffix(".") + "."
