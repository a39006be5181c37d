"""A server that is told to stop: what it has accepted is finished, and balancers hear of it first."""

from __future__ import annotations

import signal
import time
from types import FrameType

import uvicorn
from fastapi import FastAPI


class DrainingServer(uvicorn.Server):
    """Goes on for some time after a first SIGTERM, not ready for more; a second signal ends that."""

    def __init__(self, config: uvicorn.Config, application: FastAPI, seconds: float) -> None:
        super().__init__(config)
        self._application = application
        self._seconds = seconds
        self._stops_at: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """What a signal does."""
        self._application.state.stopping = True
        if sig == signal.SIGTERM and self._seconds and self._stops_at is None:
            self._stops_at = time.monotonic() + self._seconds
        else:
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        """Whether to stop; asked ten times a second."""
        if self._stops_at is not None and time.monotonic() >= self._stops_at:
            self.should_exit = True
        return await super().on_tick(counter)
