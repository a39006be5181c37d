"""A call is carried out again where that is safe, and only there.

The server of these tests misbehaves on purpose, as no server of ours would.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from visavis_client import ApiError, Client, ConnectionFailed, Overloaded, ServerError

BUSY = (503, -50300, "ServiceUnavailable")
MUCH_LATER = (429, -42900, "TooManyRequests")
HANG_UP = None
NO_ENVELOPE = 1
"""In place of a code: a page that is no answer of this API, with this Retry-After in place of the message."""
GROUP = (200, 0, "Success")


class _Moody(BaseHTTPRequestHandler):
    moods: ClassVar[list[tuple[int, int, str] | None]]
    seen: ClassVar[list[str]]

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.seen.append(self.command)
        mood = self.moods.pop(0)
        if mood is HANG_UP:
            # A reset, not a polite end.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        status, code, message = mood
        if code == NO_ENVELOPE:
            self._page(status, message)
            return
        header = {"isSuccessful": code == 0, "resultCode": code, "resultMessage": message}
        data = {"groupId": "staff", "createTime": "2026-01-01T00:00:00", "faceCount": 0}
        body = json.dumps({"header": header, "data": data}).encode()
        self.send_response(status)
        self.send_header("Retry-After", "3600" if code == MUCH_LATER[1] else "0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _page(self, status: int, retry_after: str) -> None:
        """What a proxy would answer."""
        self.send_response(status)
        if retry_after:
            self.send_header("Retry-After", retry_after)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"<p/>")

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - the library looks for these names

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def finish(self) -> None:
        if not self.connection._closed:
            super().finish()


@contextmanager
def moody_server(kind: type[Client], *moods: tuple[int, int, str] | None) -> Iterator[tuple[Client, list[str]]]:
    """A client of a server that answers its requests by these moods, and what the server has seen."""
    seen: list[str] = []
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), type("Handler", (_Moody,), {"moods": list(moods), "seen": seen})
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        with kind(f"http://127.0.0.1:{server.server_address[1]}", "app", "secret", attempts=3) as client:
            yield client, seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("status", [502, 503])
def test_a_proxy_that_names_a_time_is_asked_again(status: int, kind: type[Client]) -> None:
    with moody_server(kind, (status, NO_ENVELOPE, "0"), GROUP) as (client, seen):
        assert client.group("staff").group_id == "staff"
    assert len(seen) == 2


def test_a_proxy_that_names_a_time_of_day_is_asked_again_then(kind: type[Client]) -> None:
    with moody_server(kind, (503, NO_ENVELOPE, "Wed, 21 Oct 2015 07:28:00 GMT"), GROUP) as (client, seen):
        assert client.group("staff").group_id == "staff"
    assert len(seen) == 2


def test_a_502_does_not_repeat_what_may_have_happened(kind: type[Client]) -> None:
    with moody_server(kind, (502, NO_ENVELOPE, "0"), GROUP) as (client, seen), pytest.raises(ServerError):
        client.create_group("staff")
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("status", "error"), [(200, ServerError), (404, ApiError), (500, ServerError), (502, ServerError)]
)
def test_an_answer_that_is_none_of_this_api_tells_its_status(
    status: int, error: type[ApiError], kind: type[Client]
) -> None:
    with (
        moody_server(kind, (status, NO_ENVELOPE, "")) as (client, seen),
        pytest.raises(error, match=f"HTTP status {status}") as caught,
    ):
        client.group("staff")
    assert (type(caught.value), caught.value.status, caught.value.code) == (error, status, 0)
    assert len(seen) == 1


def test_an_overloaded_server_is_asked_again(kind: type[Client]) -> None:
    with moody_server(kind, BUSY, BUSY, GROUP) as (client, seen):
        assert client.group("staff").group_id == "staff"
        assert len(seen) == 3


def test_writing_is_tried_again_when_the_server_did_not_begin(kind: type[Client]) -> None:
    with moody_server(kind, BUSY, GROUP) as (client, seen):
        client.create_group("staff")
        assert seen == ["POST", "POST"]


def test_attempts_have_an_end(kind: type[Client]) -> None:
    with moody_server(kind, BUSY, BUSY, BUSY, GROUP) as (client, seen):
        with pytest.raises(Overloaded) as refused:
            client.group("staff")
        assert (refused.value.retry_after, len(seen)) == (0, 3)


def test_a_server_that_asks_for_an_hour_is_not_waited_for(kind: type[Client]) -> None:
    with moody_server(kind, MUCH_LATER, GROUP) as (client, seen):
        with pytest.raises(Overloaded) as refused:
            client.group("staff")
        assert (refused.value.retry_after, len(seen)) == (3600, 1)


def test_reading_is_tried_again_after_a_broken_connection(kind: type[Client]) -> None:
    with moody_server(kind, HANG_UP, GROUP) as (client, seen):
        assert client.group("staff").group_id == "staff"
        assert len(seen) == 2


def test_writing_is_not_repeated_after_a_broken_connection(kind: type[Client]) -> None:
    with moody_server(kind, HANG_UP, GROUP) as (client, seen):
        with pytest.raises(ConnectionFailed):
            client.create_group("staff")
        assert seen == ["POST"]
