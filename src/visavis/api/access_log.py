"""One line a request. It names the route, never the path: app keys are part of paths and are secret."""

from __future__ import annotations

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger("visavis.access")


class AccessLog:
    """ASGI middleware that logs method, route, HTTP status, time, and why a request failed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = time.perf_counter()
        status, detail = 0, ""

        async def watch(message: Message) -> None:
            nonlocal status, detail
            if message["type"] == "http.response.start":
                status = message["status"]
                detail = dict(message["headers"]).get(b"x-error-detail", b"").decode("ascii")
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            elapsed_ms = (time.perf_counter() - start) * 1000
            logger.info("%s %s %d %.0f ms %s", scope["method"], _route(scope), status, elapsed_ms, detail)


def _route(scope: Scope) -> str:
    route = scope.get("route")
    return f"{scope.get('root_path', '')}{route.path}" if route else "(no such path)"
