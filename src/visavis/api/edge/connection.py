"""Connections that cannot be held open by doing nothing, or next to nothing (slowloris and its kin).

uvicorn bounds the idle time between requests and nothing else. Here a request's head has a size and a deadline,
an answer must be taken, and what is left of a body that nobody reads any more is not waited for. Bodies that are
being read have deadlines of their own (`visavis.api.edge.deadlines`).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from visavis.api.dialect import HTTP_ERRORS, RETRY_STATUSES, WireError
from visavis.api.edge.answer_headers import DEFAULTS
from visavis.api.nhn.envelope import failure

MAX_HEAD_BYTES: Final = 32_768
"""Request line and headers together."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many connections there may be, and how slow they may be."""

    connections: int
    head_seconds: float
    answer_seconds: float


def guarded_connection(limits: Limits) -> type[HttpToolsProtocol]:
    """The protocol class for uvicorn (`http=`)."""
    return type("GuardedConnection", (GuardedConnection,), {"limits": limits})


class GuardedConnection(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 connection, with limits."""

    limits: ClassVar[Limits]

    # The connection itself

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._head = _Alarm(self.loop, self._head_is_late)
        self._rest = _Alarm(self.loop, transport.abort)
        self._answer = _Alarm(self.loop, self._answer_is_not_taken)
        self._head_bytes = 0
        self._refused = False
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            self._refuse(WireError(-50300, "ServiceUnavailable", 503), "Too many connections are open")
        else:
            self._head.set(self.limits.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        for alarm in (self._head, self._rest, self._answer):
            alarm.stop()
        super().connection_lost(exc)

    # What comes in

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        in_head = self._head.is_set
        if not in_head and (self.cycle is None or self.cycle.response_complete) and not self._rest.is_set:
            self._head.set(self.limits.head_seconds)  # line breaks before a request count as its beginning
        super().data_received(data)
        if in_head and self._head.is_set:
            self._head_bytes += len(data)
            self._check_head(self._head_bytes)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if not self._head.is_set:
            self._head.set(self.limits.head_seconds)

    def on_headers_complete(self) -> None:
        self._head.stop()
        self._head_bytes = 0
        self._check_head(len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers))
        # The parser leaves blanks at the end of a value, which are no part of it (RFC 9110, 5.5).
        self.headers[:] = [(name, value.rstrip(b" \t")) for name, value in self.headers]
        if not self._refused:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self._refused:
            return
        if self._rest.is_set:
            self._rest.stop()
            self._head.set(self.limits.head_seconds)
        super().on_message_complete()

    def _check_head(self, size: int) -> None:
        if size > MAX_HEAD_BYTES and not self._refused:
            detail = f"The request line and headers are longer than {MAX_HEAD_BYTES:,} bytes"
            self._refuse(HTTP_ERRORS[431], detail)

    def _head_is_late(self) -> None:
        if self.flow.read_paused:  # an earlier request is still being answered
            self._head.set(self.limits.head_seconds)
        elif self._head_bytes:
            self._refuse(HTTP_ERRORS[408], "The request's headers came too slowly")
        else:
            self.transport.close()

    # What goes out

    def on_response_complete(self) -> None:
        unread = self.cycle.more_body
        super().on_response_complete()
        if self.transport.get_write_buffer_size() and not self._answer.is_set:
            self._answer.set(self.limits.answer_seconds)
        if unread and not self.transport.is_closing():
            self._unset_keepalive_if_required()
            self._rest.set(self.limits.head_seconds)

    def pause_writing(self) -> None:
        super().pause_writing()
        if not self._answer.is_set:
            self._answer.set(self.limits.answer_seconds)

    def resume_writing(self) -> None:
        self._answer.stop()
        super().resume_writing()

    def _answer_is_not_taken(self) -> None:
        if self.transport.get_write_buffer_size():
            self.transport.abort()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - its interface
        self._refuse(WireError(-40000, "InvalidParam", 400), "The request is not HTTP/1.1 as it should be")

    def _refuse(self, error: WireError, detail: str) -> None:
        """Answer without having understood the request, and hang up."""
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        body = json.dumps(failure(error)).encode()
        headers = {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Connection": "close",
            "X-Error-Detail": f"{detail}.",
            **({"Retry-After": "1"} if error.status in RETRY_STATUSES else {}),
            **DEFAULTS,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.transport.write(STATUS_LINE[error.status] + lines.encode() + b"\r\n" + body)
        self._answer.set(self.limits.answer_seconds)
        self.transport.close()


class _Alarm:
    """Calls once, after a time, unless it is stopped before."""

    def __init__(self, loop: asyncio.AbstractEventLoop, call: Callable[[], object]) -> None:
        self._loop = loop
        self._call = call
        self._handle: asyncio.TimerHandle | None = None

    @property
    def is_set(self) -> bool:
        return self._handle is not None

    def set(self, seconds: float) -> None:
        self.stop()
        self._handle = self._loop.call_later(seconds, self._fire)

    def stop(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _fire(self) -> None:
        self._handle = None
        self._call()
