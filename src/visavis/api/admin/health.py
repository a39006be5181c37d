"""Whether the server is alive, and whether requests should be sent to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter
from fastapi.responses import JSONResponse

_PATIENCE_S = 2.0


def health(check_records: Callable[[], None]) -> APIRouter:
    """`/livez` and `/readyz`. `check_records` raises if the records cannot be read; it may take long."""
    router = APIRouter()
    records = _Check(check_records)

    @router.get("/livez")
    async def alive() -> dict[str, str]:
        """Answered by the event loop itself, however busy the workers and the database are."""
        return {"status": "ok"}

    @router.get("/readyz")
    async def ready() -> JSONResponse:
        """Whether the records can be read, within two seconds."""
        if await records.passes():
            return JSONResponse({"status": "ok"})
        return JSONResponse({"status": "The database does not answer."}, 503, {"Retry-After": "1"})

    return router


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
