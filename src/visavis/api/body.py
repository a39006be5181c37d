"""Requests to parameters: bodies are read once, in memory, up to a limit."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any

from fastapi import HTTPException, Request
from pydantic_core import from_json
from python_multipart.multipart import parse_options_header
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from visavis.api.parameters import Parameters
from visavis.errors import ErrorCode, FaceError

MAX_BODY_BYTES = 16_000_000
"""Longer bodies are answered 413 (contract.md 1)."""


_FORM = b"multipart/form-data"
_CHARSETS = frozenset({b"", b"utf-8", b"utf8"})


class _InMemoryParser(MultiPartParser):
    """Uploaded pictures must never reach a disk, not even as temporary files."""

    spool_max_size = MAX_BODY_BYTES + 1
    complete = False
    """Whether the last boundary has come. The library takes what is cut short, without the part that is."""

    def on_end(self) -> None:
        self.complete = True


async def read_parameters(request: Request, schema: type[Parameters], form: type[Parameters] | None) -> Parameters:
    """The parameters of a request: query alone, or with a JSON body, or with a form where the operation takes one.

    Raises INVALID_PARAMETER (contract.md 20), HTTP 413.
    """
    if request.method != "POST":
        return schema.read(request.query_params, {})
    if form is not None and is_upload(request):
        return form.read(request.query_params, await form_fields(request), spelt_out=True)
    return schema.read(request.query_params, await _json_object(request))


def is_upload(request: Request) -> bool:
    media_type, _ = _content_type(request)
    return media_type == _FORM


def _content_type(request: Request) -> tuple[bytes, bytes]:
    """Media type, and charset or nothing, both in small letters."""
    media_type, options = parse_options_header(request.headers.get("content-type"))
    return media_type, options.get(b"charset", b"").lower()


def _require_type(request: Request, wanted: bytes) -> None:
    """No charset but UTF-8: the codecs of Python are more, and stranger, than a client should choose from."""
    media_type, charset = _content_type(request)
    if media_type != wanted or charset not in _CHARSETS:
        raise FaceError(ErrorCode.INVALID_PARAMETER, "The Content-Type of the request is not supported.")


async def _limited(request: Request) -> AsyncGenerator[bytes, None]:
    """The chunks of the body. Raises HTTP 413 as soon as it is known to be too long."""
    declared = request.headers.get("content-length", "")
    size = int(declared) if declared.isdecimal() else 0
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if max(size, received) > MAX_BODY_BYTES:
            raise HTTPException(413, f"The request body is longer than {MAX_BODY_BYTES:,} bytes.")
        yield chunk


async def _json_object(request: Request) -> Mapping[str, Any]:
    _require_type(request, b"application/json")
    body = b"".join([chunk async for chunk in _limited(request)])
    try:
        content = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise FaceError(ErrorCode.INVALID_PARAMETER, f"The body is not valid JSON: {error}.") from None
    if not isinstance(content, dict):
        raise FaceError(ErrorCode.INVALID_PARAMETER, "The body is not a JSON object.")
    return content


async def form_fields(request: Request) -> Mapping[str, Any]:
    """Text fields as str, files as bytes; what comes twice as a list, which no parameter accepts.

    Raises INVALID_PARAMETER, HTTP 413.
    """
    _require_type(request, _FORM)
    parser = _InMemoryParser(request.headers, _limited(request), max_files=8, max_fields=64)
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise FaceError(ErrorCode.INVALID_PARAMETER, f"The multipart body is malformed: {error.message}") from None
    fields: dict[str, Any] = {}
    try:
        if not parser.complete:
            raise FaceError(ErrorCode.INVALID_PARAMETER, "The multipart body ends before its last boundary.")
        for name, value in form.multi_items():
            content = await value.read() if isinstance(value, UploadFile) else value
            fields[name] = [fields[name], content] if name in fields else content
    finally:
        await form.close()
    return fields
