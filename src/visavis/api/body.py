"""Request bodies: read once, in memory, up to a limit."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, TypeVar

from fastapi import HTTPException, Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from visavis.api.parameters import Parameters
from visavis.errors import ErrorCode, FaceError

MAX_BODY_BYTES = 16_000_000
"""Longer bodies are answered 413 (contract.md 1)."""

Json = TypeVar("Json", bound=Parameters)
Form = TypeVar("Form", bound=Parameters)


class _InMemoryParser(MultiPartParser):
    """Uploaded pictures must never reach a disk, not even as temporary files."""

    spool_max_size = MAX_BODY_BYTES + 1


def json_or_form(json: type[Json], form: type[Form]) -> Callable[[Request], Awaitable[Json | Form]]:
    """A reader of bodies that come as `application/json` or as `multipart/form-data` (contract.md 20)."""

    async def read(request: Request) -> Json | Form:
        if media_type(request) == "multipart/form-data":
            return form.from_text(await _form_fields(request))
        return await only_json(json)(request)

    return read


def only_json(json: type[Json]) -> Callable[[Request], Awaitable[Json]]:
    """A reader of bodies that come as `application/json`."""

    async def read(request: Request) -> Json:
        if media_type(request) != "application/json" or _charset(request) not in {None, "utf-8", "utf8"}:
            raise FaceError(ErrorCode.INVALID_PARAMETER, "The Content-Type of the request is not supported.")
        return json.from_json(b"".join([chunk async for chunk in _limited(request)]))

    return read


def media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _charset(request: Request) -> str | None:
    for option in request.headers.get("content-type", "").split(";")[1:]:
        name, _, value = option.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"').lower()
    return None


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


async def _form_fields(request: Request) -> dict[str, Any]:
    """Text fields as str, files as bytes; what comes twice as a list, which no parameter accepts."""
    parser = _InMemoryParser(request.headers, _limited(request), max_files=8, max_fields=64)
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise FaceError(ErrorCode.INVALID_PARAMETER, f"The multipart body is malformed: {error.message}") from None
    fields: dict[str, Any] = {}
    for name, value in form.multi_items():
        content = await value.read() if isinstance(value, UploadFile) else value
        fields[name] = [fields[name], content] if name in fields else content
    return fields
