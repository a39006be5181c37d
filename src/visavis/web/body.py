"""Reads the bodies of requests, in memory and up to a limit, and turns them into parameters."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Coroutine, Mapping
from typing import Any, TypeVar, cast
from urllib.parse import parse_qsl

from anyio import to_thread
from fastapi import HTTPException, Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from visavis.errors import ErrorCode, ServiceError
from visavis.web.json_body import json_object
from visavis.web.parameters import Parameters

Result = TypeVar("Result")

MAX_BODY_BYTES = 16_000_000
"""Longer bodies are answered 413 (contract.md 1)."""
MAX_PLAIN_BODY_BYTES = 1_000_000
"""The limit for operations that take no picture."""

MAX_FORM_BYTES = 16_384
"""The limit for a form that is written like a query."""

_FORM = b"multipart/form-data"
_URLENCODED = b"application/x-www-form-urlencoded"
_EXTENDED_NAME = re.compile(rb";[ \t]*filename\*[ \t]*=", re.IGNORECASE)
_CHARSETS = frozenset({b"", b"utf-8", b"utf8"})


class _InMemoryParser(MultiPartParser):
    """A parser that keeps uploads in memory. Uploaded pictures must never reach a disk, not even temporarily."""

    spool_max_size = MAX_BODY_BYTES + 1
    complete = False
    """Whether the last boundary has come. The library accepts a body that is cut off, without its last part."""

    def on_headers_finished(self) -> None:
        """Treat a part with a file name in the form of RFC 5987 as a file; the library does not read that form."""
        disposition = self._current_part.content_disposition or b""
        if b"filename" not in parse_options_header(disposition)[1] and _EXTENDED_NAME.search(disposition):
            self._current_part.content_disposition = disposition + b'; filename="file"'
        super().on_headers_finished()

    def on_end(self) -> None:
        """Called by the library at the last boundary."""
        self.complete = True


async def read_body(request: Request, limit: int, form: type[Parameters] | None = None) -> bytes:
    """Read the body of a POST request; the body of any other is empty.

    Raises INVALID_PARAMETER for a Content-Type that the operation does not take (contract.md 20), HTTP 413 and
    415.
    """
    if request.method != "POST":
        return b""
    _require_type(request, _FORM if form is not None and is_upload(request) else b"application/json")
    return b"".join([chunk async for chunk in _limited(request, limit)])


def read_parameters(
    request: Request, body: bytes, schema: type[Parameters], form: type[Parameters] | None = None
) -> Parameters:
    """The parameters of a request, from its query and its JSON body or form.

    Takes milliseconds of CPU time, so call it in a worker thread. Raises INVALID_PARAMETER.
    """
    if request.method != "POST":
        return schema.read(request.query_params, {})
    if form is not None and is_upload(request):
        return form.read(request.query_params, _form_fields(request.headers, body), spelt_out=True)
    return schema.read(request.query_params, json_object(body))


def is_upload(request: Request) -> bool:
    """Whether the body is a multipart form."""
    media_type, _ = _content_type(request)
    return media_type == _FORM


def _content_type(request: Request) -> tuple[bytes, bytes]:
    """Media type and charset, both in lower case; empty if missing."""
    media_type, options = parse_options_header(request.headers.get("content-type"))
    return media_type, options.get(b"charset", b"").lower()


def _require_type(request: Request, wanted: bytes) -> None:
    """Raises an error unless the body has this type, is in UTF-8 and has no Content-Encoding.

    Other charsets are refused: Python knows many codecs, and clients must not choose from all of them.
    """
    media_type, charset = _content_type(request)
    if media_type != wanted or charset not in _CHARSETS:
        raise ServiceError(ErrorCode.INVALID_PARAMETER, "The Content-Type of the request is not supported.")
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise HTTPException(415, "The body has a Content-Encoding: send it without one.")


async def _limited(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    """The chunks of the body. Raises HTTP 413 as soon as it is known to be too long."""
    declared = request.headers.get("content-length", "")
    size = int(declared) if declared.isdecimal() else 0
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if max(size, received) > limit:
            raise HTTPException(413, f"The request body is longer than {limit:,} bytes.")
        yield chunk


async def urlencoded_fields(request: Request) -> Mapping[str, str]:
    """The fields of a form that is written like a query, without empty ones.

    Raises INVALID_PARAMETER, also for a field that comes twice; HTTP 413 and 415.
    """
    _require_type(request, _URLENCODED)
    body = b"".join([chunk async for chunk in _limited(request, MAX_FORM_BYTES)])
    try:
        pairs = parse_qsl(body.decode(), errors="strict", max_num_fields=64)
    except ValueError:
        raise ServiceError(ErrorCode.INVALID_PARAMETER, "The body is not a form.") from None
    if len(pairs) > len(dict(pairs)):
        raise ServiceError(ErrorCode.INVALID_PARAMETER, "A parameter is given more than once.")
    return dict(pairs)


async def form_fields(request: Request) -> Mapping[str, object]:
    """The fields of a multipart form: text as str, files as bytes, repeated fields as a list.

    Raises INVALID_PARAMETER, HTTP 413 and 415.
    """
    _require_type(request, _FORM)
    body = b"".join([chunk async for chunk in _limited(request, MAX_BODY_BYTES)])
    return await to_thread.run_sync(_form_fields, request.headers, body)


def _form_fields(headers: Headers, body: bytes) -> Mapping[str, object]:
    async def whole() -> AsyncGenerator[bytes, None]:
        yield body[_preamble(headers, body) :]

    parser = _InMemoryParser(headers, whole(), max_files=8, max_fields=64)
    try:
        form = _finished(parser.parse())
    except MultiPartException as error:
        raise ServiceError(
            ErrorCode.INVALID_PARAMETER, f"The multipart body is malformed: {error.message}"
        ) from None
    fields: dict[str, object] = {}
    for name, value in form.multi_items():
        content = value.file.read() if isinstance(value, UploadFile) else value
        fields[name] = [fields[name], content] if name in fields else content
    _finished(form.close())
    if not parser.complete:
        raise ServiceError(ErrorCode.INVALID_PARAMETER, "The multipart body ends before its last boundary.")
    return fields


def _preamble(headers: Headers, body: bytes) -> int:
    """Length of the text before the first boundary. It must be skipped (RFC 2046, 5.1.1); the library does not."""
    boundary = b"--" + parse_options_header(headers.get("content-type"))[1].get(b"boundary", b"")
    before = -1 if body.startswith(boundary) else body.find(b"\r\n" + boundary)
    return 0 if before < 0 else before + 2


def _finished(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine that never waits, since it reads and writes memory only; return its result."""
    try:
        work.send(None)
    except StopIteration as done:
        return cast("Result", done.value)
    work.close()
    raise AssertionError("A form in memory waits for something")
