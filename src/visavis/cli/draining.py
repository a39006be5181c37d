"""uvicorn's server with limited connections, and a shutdown that load balancers notice first."""

from __future__ import annotations

import logging
import signal
import socket
import ssl
import sys
import time
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI

from visavis.web.edge.connection import GuardedConnection, Limits, Refusal
from visavis.web.edge.reception import Reception

logger = logging.getLogger(__name__)


STARTUP_FAILURE = 3
"""Exit code of uvicorn's own command if the server cannot start; the log says why."""


class DrainingServer(uvicorn.Server):
    """After a first SIGTERM it is not ready any more, but goes on for some time; a second signal ends that."""

    def __init__(
        self,
        config: uvicorn.Config,
        application: FastAPI,
        limits: Limits,
        refusal: Refusal,
        tls: ssl.SSLContext | None,
        drain_seconds: float,
    ) -> None:
        super().__init__(config)
        self._limits = limits
        self._refusal = refusal
        self._tls = tls
        self._application = application
        self._seconds = drain_seconds
        self._stops_at: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Handle a signal: drain after the first, stop after the second."""
        self._application.state.stopping = True
        if sig == signal.SIGTERM and self._seconds and self._stops_at is None:
            self._stops_at = time.monotonic() + self._seconds
        else:
            super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application, then accept connections with `Reception`."""
        await super().startup(sockets=[])
        try:
            reception = Reception(sockets or [], self._limits, self._tls, self._connection)
        except OSError as error:  # another process listens on the address by now
            logger.error("The server cannot listen: %s", error.strerror)  # noqa: TRY400 - it says it all
            await self.lifespan.shutdown()
            sys.exit(STARTUP_FAILURE)
        self.servers = [reception]  # type: ignore[list-item]

    def _connection(self, left: Callable[[], None], *, is_welcome: bool) -> GuardedConnection:
        return GuardedConnection(
            self._limits,
            self._refusal,
            left,
            is_welcome=is_welcome,
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
        )

    async def on_tick(self, counter: int) -> bool:
        """Whether to stop; uvicorn calls this ten times a second."""
        if self._stops_at is not None and time.monotonic() >= self._stops_at:
            self.should_exit = True
        return await super().on_tick(counter)
