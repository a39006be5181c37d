"""A strict HTTP/1.1 parser: requests that two parsers could split differently are refused."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Final, NoReturn

import h11

MAX_HEAD_BYTES: Final = 32_768
"""Limit for request line and headers together, and for the trailer of a chunked body."""

_FREE_CHUNKS: Final = 256
_BYTES_A_CHUNK: Final = 256
"""A body may have 256 chunks, and one more for every 256 bytes: each takes as long to read as a short head."""

_DOUBTFUL: Final = re.compile(rb"(?<!\r)\n|\r(?!\n)|\n[ \t]")
"""Lines that do not end in CR LF, or that continue on the next line."""
_HOST: Final = re.compile(rb"[A-Za-z0-9._~!$&'()*+;=%:\[\]-]*")
"""A Host by RFC 9110, 7.2, without commas: a list of hosts comes from two headers that were joined."""
_CHUNK_FRAMING: Final = re.compile(rb"\r?\n?(?:[\t\x20-\x7e]{1,256}\r\n)?")
"""The end of one chunk and the size line of the next. Other parsers might end that line within an extension."""
_ABSOLUTE: Final = re.compile(rb"https?://[^/?#]*", re.IGNORECASE)


class StrictConnection(h11.Connection):
    """h11's parser for a server, made stricter.

    h11 accepts what old clients sent: lines that end in LF, headers over several lines, a length beside chunks.
    Proxies disagree about each of these, and so one request can become two. Here they end the connection.
    """

    def __init__(self) -> None:
        super().__init__(h11.SERVER, MAX_HEAD_BYTES)
        self.problem = ""
        """Why the request could not be read, as a sentence without its full stop."""
        self.too_long = False
        self._is_chunked = False
        self._chunks = 0
        self._body_bytes = 0

    @property
    def is_between_requests(self) -> bool:
        """Whether no byte of a next request has come yet."""
        return self.their_state is h11.IDLE and not self.trailing_data[0]

    def receive_data(self, data: bytes) -> None:
        """Take received bytes; line breaks before a request line are ignored (RFC 9112, 2.2)."""
        if self.is_between_requests:
            data = data.lstrip(b"\r\n")
        if data:  # to h11, no data means that the client has disconnected
            super().receive_data(data)

    def next_event(self) -> Any:
        """The next event of h11. Raises h11.RemoteProtocolError, after which `problem` says why."""
        is_of_known_length = self.their_state is h11.SEND_BODY and not self._is_chunked
        # Nothing stands around a body whose length was given, and copies of large ones take their time.
        before = b"" if is_of_known_length else self.trailing_data[0]
        try:
            event = super().next_event()
        except h11.RemoteProtocolError as error:
            read = len(before) - len(self.trailing_data[0])
            self.too_long = self.too_long or read > MAX_HEAD_BYTES or error.error_status_hint == 431
            self.problem = self.problem or "The request is not valid HTTP/1.1"
            raise
        if is_of_known_length:
            return event
        if isinstance(event, h11.Request):
            self._chunks = self._body_bytes = 0
            self._check_lines(before)
            return self._checked(event)
        if isinstance(event, h11.EndOfMessage):
            self._check_lines(before)
        elif isinstance(event, h11.Data):
            self._check_chunk(before, bytes(event.data))
            self._count(event)
        elif event is h11.NEED_DATA:
            self._check_chunk(before, b"")
        return event

    def _check_lines(self, before: bytes) -> None:
        left = len(self.trailing_data[0])
        read = before[: len(before) - left]
        if len(read) > MAX_HEAD_BYTES:
            self.too_long = True
            self._refuse("The request line and headers are too long")
        if _DOUBTFUL.search(read):
            self._refuse("A line of the request does not end in CR LF, or continues on the next")

    def _checked(self, request: h11.Request) -> h11.Request:
        names = {name for name, _ in request.headers}
        self._is_chunked = b"transfer-encoding" in names
        if not all(_HOST.fullmatch(value) for name, value in request.headers if name == b"host"):
            self._refuse("The Host of the request is not valid")
        if self._is_chunked and b"content-length" in names:
            self._refuse("The request has a Content-Length and a Transfer-Encoding")
        if self._is_chunked and request.http_version < b"1.1":
            self._refuse("A request in HTTP/1.0 cannot have a Transfer-Encoding")
        if request.http_version not in {b"1.0", b"1.1"}:
            self._refuse("The request is not valid HTTP/1.1")
        target = _ABSOLUTE.sub(b"", request.target, count=1)
        if request.method == b"CONNECT" or not (target or b"/").startswith((b"/", b"?", b"*")):
            self._refuse("The request line has no path")
        if target == request.target:
            return request
        return replace(request, target=target if target.startswith(b"/") else b"/" + target)

    def _check_chunk(self, before: bytes, data: bytes) -> None:
        """Check the bytes around the data of a chunk."""
        read = before[: len(before) - len(self.trailing_data[0])]
        if not _CHUNK_FRAMING.fullmatch(read[: len(read) - len(data)]):
            self._refuse("The size line of a chunk is malformed")

    def _count(self, data: h11.Data) -> None:
        self._chunks += data.chunk_start
        self._body_bytes += len(data.data)
        if self._chunks > _FREE_CHUNKS + self._body_bytes // _BYTES_A_CHUNK:
            self._refuse("The body comes in too many small chunks")

    def _refuse(self, why: str) -> NoReturn:
        self.problem = why
        raise h11.RemoteProtocolError(why)
