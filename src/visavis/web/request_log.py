"""A request and what became of it, for the log, the metrics and the console: watched in one place.

It names the route, never the path: app keys are part of paths and are secret.
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
"""For every FastAPI application: its own would tell paths and queries, and so keys, to whoever collects."""

UNKNOWN = "unknown"
"""The operation of every request that no operation is there for, so that strangers cannot make up names."""

_BY_SERVER = frozenset({ErrorCode.INTERNAL, ErrorCode.OVERLOADED})
_SCOPE_KEY = "visavis.exchange"


@dataclass(slots=True)
class RequestLogRecord:
    """Filled in while the request is on its way through the server, complete when it has been answered."""

    method: str
    dialect: str = ""
    """`server` for pages and probes, `admin` and the like for what is mounted beside the dialects."""
    operation: str = UNKNOWN
    code: int = 0
    """As it was answered: 0 for success, the dialect's number, or an HTTP status where there is no dialect."""
    error: str = ""
    """What went wrong, in the product's own words (`ErrorCode`), or `http_` and the status."""
    route: str = "(no such path)"
    status: int = 0
    detail: str = ""
    request_id: str = ""
    seconds: float = 0.0

    @property
    def by_server(self) -> bool:
        """Whether an error is the server's, or of its load, rather than the request's."""
        return self.error in _BY_SERVER or self.error.startswith("http_5")


Listener: TypeAlias = Callable[[RequestLogRecord], None]
"""Is told of every exchange when it is over, on the event loop: quick, and never raises."""


class RequestLogMiddleware:
    """ASGI middleware that tells the listeners of each request when it is over."""

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


def remember(activity: Activity, dialects: Collection[str]) -> Listener:
    """Notes what operations of these dialects came to."""

    def listen(record: RequestLogRecord) -> None:
        if record.dialect in dialects and record.operation != UNKNOWN:
            activity.record(_incident(record, activity.clock()) if record.error else None)

    return listen


def mark(scope: Scope, dialect: str, operation: str, code: int, error: str = "") -> None:
    """Say what a request asked for and how it ended, once that is known."""
    record: RequestLogRecord | None = scope.get(_SCOPE_KEY)
    if record is not None:
        record.dialect, record.operation, record.code, record.error = dialect, operation, code, error


def log_record_of(scope: Scope) -> RequestLogRecord | None:
    """What is known of a request so far, if it is watched."""
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
    record.code = int(status) if status >= HTTPStatus.BAD_REQUEST else 0
    record.error = f"http_{record.code}" if record.code else ""
    if route is not None and status != HTTPStatus.METHOD_NOT_ALLOWED:
        record.operation = f"{record.method} {route.path}"
