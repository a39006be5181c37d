"""Headers of trusted proxies: the client's address, whether it used TLS, and the path prefix."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from typing import Final, cast

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn._types import ASGI3Application
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

PREFIX: Final = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
"""A path that the server may be seen under."""

SEEN_UNDER: Final = "visavis.prefix"
"""The key, in the scope of an ASGI request, of the prefix under which the client sees the server."""


class Proxies:
    """ASGI middleware that reads the headers of trusted proxies and puts the path prefix into `root_path` (ASGI).

    A proxy may pass the path on with the prefix or without it.
    """

    def __init__(self, app: ASGIApp, trusted: str, prefix: str) -> None:
        """`trusted`: addresses and networks, separated by commas; `prefix`: used if no proxy sends another."""
        self._networks = [ip_network(each.strip()) for each in trusted.split(",") if each.strip()]
        self._prefix = prefix
        self._app = app
        if self._networks:
            self._app = cast("ASGIApp", ProxyHeadersMiddleware(cast("ASGI3Application", app), trusted))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            # The last header comes from the trusted proxy; a client may have sent one before it.
            given = (Headers(scope=scope).getlist("x-forwarded-prefix") or [""])[-1].rstrip("/")
            believed = PREFIX.fullmatch(given) and self._is_trusted(scope)
            _see_under(scope, given if believed else self._prefix)
        await self._app(scope, receive, send)

    def _is_trusted(self, scope: Scope) -> bool:
        try:
            peer = ip_address(scope["client"][0])
        except (TypeError, ValueError):
            return False
        return any(peer in network for network in self._networks)


def _see_under(scope: Scope, prefix: str) -> None:
    scope[SEEN_UNDER] = scope["root_path"] = prefix
    if prefix and not scope["path"].startswith(f"{prefix}/"):
        scope["path"] = prefix + scope["path"]
        scope["raw_path"] = prefix.encode() + scope["raw_path"]
