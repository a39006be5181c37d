"""Health checks: whether the server is alive, and whether it is ready for requests."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

_PATIENCE_S = 2.0
_GOOD_FOR_S = 1.0


def health(check_reads: Callable[[], None], check_writes: Callable[[], None]) -> APIRouter:
    """The routes `/livez` and `/readyz`.

    The checks raise if the database cannot be read, or written; they may take long. The application sets
    `state.stopping` when it is asked to stop.
    """
    router = APIRouter()
    reads, writes = _Check(check_reads), _Check(check_writes, _GOOD_FOR_S)

    @router.get("/livez")
    async def alive() -> dict[str, str]:
        """Whether the event loop runs. Does not depend on workers and database."""
        return {"status": "ok"}

    @router.get("/readyz")
    async def ready(request: Request) -> JSONResponse:
        """Whether the database can be read and written, and the server is not stopping.

        The server does not listen before its models are loaded, so they are not checked.
        """
        if request.app.state.stopping:
            return _not_ready("The server is stopping.")
        if not await reads.passes():
            return _not_ready("The database does not answer.")
        if not await writes.passes():
            return _not_ready("The database cannot be written to.")
        return JSONResponse({"status": "ok"})

    return router


def _not_ready(why: str) -> JSONResponse:
    return JSONResponse({"status": why}, 503, {"Retry-After": "1"})


class _Check:
    """Runs one check at a time, which concurrent requests share: a database that hangs costs one thread.

    A check that passed is not repeated for `good_for` seconds, since anybody may ask and each write costs disk
    time.
    """

    def __init__(self, check: Callable[[], None], good_for: float = 0.0) -> None:
        self._check = check
        self._good_for = good_for
        self._passed = -math.inf
        self._limiter = CapacityLimiter(1)
        self._running: asyncio.Task[None] | None = None

    async def passes(self) -> bool:
        """Whether the check passes within two seconds."""
        if time.monotonic() - self._passed < self._good_for:
            return True
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(to_thread.run_sync(self._check, limiter=self._limiter))
        running = self._running
        await asyncio.wait({running}, timeout=_PATIENCE_S)
        passed = running.done() and running.exception() is None
        if passed:
            self._passed = time.monotonic()
        return passed
