"""Records each request and its answer once, for the access log, the metrics, traces and the console.

A record names the route, never the path: app keys are part of paths and are secret.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import TypeAlias

from fastapi.telemetry import TelemetryConfig
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from visavis.core.activity import Activity, Incident
from visavis.errors import ErrorCode
from visavis.web.edge.proxies import SEEN_UNDER

NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
"""For every FastAPI application. FastAPI's own telemetry would send paths and queries, and so keys."""

UNKNOWN = "unknown"
"""The operation name of a request that fits no operation, so that clients cannot invent names."""

_BY_SERVER = frozenset({ErrorCode.INTERNAL, ErrorCode.OVERLOADED})
_SCOPE_KEY = "visavis.request_log_record"


@dataclass(slots=True)
class RequestLogRecord:
    """A request and its answer. It is filled in while the request is handled, and complete after the answer."""

    method: str
    dialect: str = ""
    """The dialect; `server` for pages and probes, `admin` or `console` for these applications."""
    operation: str = UNKNOWN
    code: int = 0
    """0 for success, the dialect's error number, or an HTTP status if there is no dialect."""
    error: str = ""
    """An `ErrorCode`, or `http_` and the status; empty for success."""
    route: str = "(no such path)"
    status: int = 0
    detail: str = ""
    request_id: str = ""
    seconds: float = 0.0

    @property
    def by_server(self) -> bool:
        """Whether an error is due to the server or its load, not to the request."""
        return self.error in _BY_SERVER or self.error.startswith("http_5")


Listener: TypeAlias = Callable[[RequestLogRecord], None]
"""Called on the event loop with every record after the answer. It must be quick and never raise."""


class RequestLogMiddleware:
    """ASGI middleware that calls the listeners with the record of each request."""

    def __init__(self, app: ASGIApp, listeners: Sequence[Listener]) -> None:
        self._app = app
        self._listeners = listeners

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        record = scope[_SCOPE_KEY] = RequestLogRecord(scope["method"])
        start = time.perf_counter()

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = dict(message["headers"])
                record.status = message["status"]
                record.detail = headers.get(b"x-error-detail", b"").decode("latin-1")
                record.request_id = headers.get(b"x-request-id", b"").decode("latin-1")
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            record.seconds = time.perf_counter() - start
            _complete(record, scope)
            for listener in self._listeners:
                listener(record)


def record_activity(activity: Activity, dialects: Collection[str]) -> Listener:
    """A listener that counts in `activity` the operations of these dialects, and what is done in the console."""

    def listen(record: RequestLogRecord) -> None:
        if record.dialect in dialects and record.operation != UNKNOWN:
            activity.record(_incident(record, activity.clock()) if record.error else None)
        elif record.dialect == "console" and record.operation.startswith("POST "):
            activity.record_console()

    return listen


def mark(scope: Scope, dialect: str, operation: str, code: int, error: str = "") -> None:
    """Set dialect, operation and result of the request's record."""
    record: RequestLogRecord | None = scope.get(_SCOPE_KEY)
    if record is not None:
        record.dialect, record.operation, record.code, record.error = dialect, operation, code, error


def log_record_of(scope: Scope) -> RequestLogRecord | None:
    """The record of the request; None if the middleware is not installed."""
    record: RequestLogRecord | None = scope.get(_SCOPE_KEY)
    return record


def _incident(record: RequestLogRecord, now: datetime) -> Incident:
    return Incident(
        now,
        record.dialect,
        record.operation,
        record.code,
        record.detail,
        record.request_id,
        by_server=record.by_server,
    )


def _complete(record: RequestLogRecord, scope: Scope) -> None:
    route = scope.get("route")
    mounted_at = scope.get("root_path", "").removeprefix(scope.get(SEEN_UNDER, ""))
    if route is not None:
        record.route = f"{mounted_at}{route.path}"
    if record.dialect:
        return
    status = record.status or HTTPStatus.INTERNAL_SERVER_ERROR
    record.dialect = mounted_at.strip("/") or "server"
    if record.dialect == "admin":
        record.detail = ""  # its sentences repeat names that were sent, which may be people's, or keys
    record.code = int(status) if status >= HTTPStatus.BAD_REQUEST else 0
    record.error = f"http_{record.code}" if record.code else ""
    if route is not None and status != HTTPStatus.METHOD_NOT_ALLOWED:
        record.operation = f"{record.method} {route.path}"
