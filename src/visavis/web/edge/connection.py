"""Connections with limits, so that slow or idle clients cannot hold them open (slowloris and similar attacks).

uvicorn limits only the idle time between requests. Here a request's head has a maximum size and a deadline, the
client must read the answer in time, and the server does not wait for the rest of a body that nobody reads. Bodies
that are read have deadlines of their own (`visavis.web.edge.deadlines`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, TypeAlias

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from visavis.web.edge.answer_headers import DEFAULTS
from visavis.web.edge.strict import MAX_HEAD_BYTES, StrictConnection

_TOO_LONG: Final = f"The request line and headers are longer than {MAX_HEAD_BYTES:,} bytes"

Refusal: TypeAlias = Callable[[HTTPStatus], bytes]
"""The JSON body of an answer to a request that reached no dialect. Its status is 400, 408, 431 or 503."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many connections there may be, and how slow they may be."""

    connections: int
    head_seconds: float
    answer_seconds: float
    handshake_seconds: float


class GuardedConnection(H11Protocol):
    """uvicorn's HTTP/1.1 connection with a strict parser and limits."""

    conn: StrictConnection

    def __init__(
        self, limits: Limits, refusal: Refusal, left: Callable[[], None], *, is_welcome: bool, **of_server: Any
    ) -> None:
        """`left` is called when the connection has ended; `of_server` are uvicorn's arguments for a protocol."""
        super().__init__(**of_server)
        self.conn = StrictConnection()
        self._limits = limits
        self._refusal = refusal
        self._left = left
        self._is_welcome = is_welcome
        self._refused = False

    # The connection itself

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._head = _Alarm(self.loop, self._head_is_late)
        self._rest = _Alarm(self.loop, transport.abort)
        self._answer = _Alarm(self.loop, self._answer_is_not_taken)
        super().connection_made(transport)
        if self._is_welcome:
            self._head.set(self._limits.head_seconds)
        else:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "Too many connections are open")

    def connection_lost(self, exc: Exception | None) -> None:
        for alarm in (self._head, self._rest, self._answer):
            alarm.stop()
        super().connection_lost(exc)
        self._left()

    # What comes in

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        if self.conn.their_state is h11.IDLE and not self._head.is_set:
            self._head.set(self._limits.head_seconds)  # line breaks before a request count as its beginning
        super().data_received(data)
        self._watch()

    def _watch(self) -> None:
        """Start and stop the deadlines that fit the state of the connection."""
        state = self.conn.their_state
        if state is not h11.IDLE:
            self._head.stop()
        if self._rest.is_set and state is not h11.SEND_BODY:
            self._rest.stop()
            self._head.set(self._limits.head_seconds)

    def _should_upgrade(self) -> bool:
        """Never: a request to upgrade is answered in HTTP/1.1 (RFC 9110, 7.8)."""
        return False

    def _head_is_late(self) -> None:
        if self.conn.is_between_requests:
            self.transport.close()
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, "The request's headers came too slowly")

    # What goes out

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.get_write_buffer_size() and not self._answer.is_set:
            self._answer.set(self._limits.answer_seconds)
        if self.transport.is_closing():
            return
        if self.conn.their_state is h11.SEND_BODY and self.cycle.response_complete:
            self._unset_keepalive_if_required()
            self._rest.set(self._limits.head_seconds)
        elif self.conn.their_state is h11.IDLE and not self.conn.is_between_requests:
            self._head.set(self._limits.head_seconds)  # of a request that came before this answer

    def pause_writing(self) -> None:
        super().pause_writing()
        if not self._answer.is_set:
            self._answer.set(self._limits.answer_seconds)

    def resume_writing(self) -> None:
        self._answer.stop()
        super().resume_writing()

    def _answer_is_not_taken(self) -> None:
        if self.transport.get_write_buffer_size():
            self.transport.abort()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - its interface
        if self.conn.too_long:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, _TOO_LONG)
        else:
            self._refuse(HTTPStatus.BAD_REQUEST, self.conn.problem)

    def _refuse(self, status: HTTPStatus, detail: str) -> None:
        """Answer without having read the whole request, and close the connection."""
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        self._head.stop()
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            if self.cycle.response_started:
                self.transport.abort()
                return
        body = self._refusal(status)
        headers = {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Connection": "close",
            "X-Error-Detail": f"{detail}.",
            **({"Retry-After": "1"} if status is HTTPStatus.SERVICE_UNAVAILABLE else {}),
            **DEFAULTS,
        }
        lines = [
            f"HTTP/1.1 {status.value} {status.phrase}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        self.transport.write("\r\n".join([*lines, "", ""]).encode() + body)
        self._answer.set(self._limits.answer_seconds)
        self.transport.close()


class _Alarm:
    """A timer that calls once, unless it is stopped before."""

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
