"""Deadlines for request bodies."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class BodyDeadlines:
    """ASGI middleware that limits the waiting for each piece of a request body, and for the whole body.

    Only the time of waiting for the client counts, not the server's own. Reading raises HTTP 408 after that.
    """

    app: ASGIApp
    pause_seconds: float
    total_seconds: float

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        left, more = self.total_seconds, True
        clock = asyncio.get_running_loop().time

        async def punctual() -> Message:
            nonlocal left, more
            if not more:  # all that can come now is that the client leaves
                return await receive()
            start = clock()
            try:
                async with asyncio.timeout(min(self.pause_seconds, left)):
                    message = await receive()
            except TimeoutError:
                more = False
                raise HTTPException(408, "The request body came too slowly.") from None
            left -= clock() - start
            more = message.get("more_body", False)
            return message

        await self.app(scope, punctual, send)
