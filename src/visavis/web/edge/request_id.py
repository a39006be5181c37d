"""The id of a request, which the client may choose, in the answer and in the log."""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER: Final = "X-Request-Id"

WELL_FORMED: Final = re.compile(r"[A-Za-z0-9._:=+/-]{1,128}")
"""Fits UUIDs, ULIDs, trace ids and AWS's `Root=1-...`; excludes anything that could break a log line."""

NAMELESS: Final = "-"

request_id: ContextVar[str] = ContextVar("request_id", default=NAMELESS)
"""The id of the current request, in worker threads too."""


class RequestIds:
    """ASGI middleware that uses a well-formed `X-Request-Id`, or makes one, and adds it to the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        name = given if WELL_FORMED.fullmatch(given) else secrets.token_hex(16)
        request_id.set(name)

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = name
            await send(message)

        await self._app(scope, receive, named)
