"""Whether the server is alive, and whether requests should be sent to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

_PATIENCE_S = 2.0


def health(check_records: Callable[[], None]) -> APIRouter:
    """`/livez` and `/readyz`. `check_records` raises if the records cannot be read; it may take long.

    The application says by `state.stopping` that it has been told to stop.
    """
    router = APIRouter()
    records = _Check(check_records)

    @router.head("/livez")  # what some monitors ask
    @router.get("/livez")
    async def alive() -> dict[str, str]:
        """Answered by the event loop itself, however busy the workers and the database are."""
        return {"status": "ok"}

    @router.head("/readyz")
    @router.get("/readyz")
    async def ready(request: Request) -> JSONResponse:
        """Whether more requests should come: the records can be read, within two seconds, and no end is near.

        A server that answers at all has its models loaded: it does not listen before.
        """
        if request.app.state.stopping:
            return _not_ready("The server is stopping.")
        if not await records.passes():
            return _not_ready("The database does not answer.")
        return JSONResponse({"status": "ok"})

    return router


def _not_ready(why: str) -> JSONResponse:
    return JSONResponse({"status": why}, 503, {"Retry-After": "1"})


class _Check:
    """One call at a time, which all who ask meanwhile wait for: a database that hangs costs one thread."""

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check
        self._limiter = CapacityLimiter(1)
        self._running: asyncio.Task[None] | None = None

    async def passes(self) -> bool:
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(to_thread.run_sync(self._check, limiter=self._limiter))
        running = self._running
        await asyncio.wait({running}, timeout=_PATIENCE_S)
        return running.done() and running.exception() is None
