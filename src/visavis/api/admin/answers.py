"""Error answers of the admin API: one sentence under "error"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from visavis.api.dialect import path_in_app, plain
from visavis.errors import ErrorCode, ServiceError

_OF_PICTURES = (
    ErrorCode.IMAGE_TOO_LARGE,
    ErrorCode.IMAGE_TOO_SMALL,
    ErrorCode.UNSUPPORTED_IMAGE_FORMAT,
    ErrorCode.NOT_AN_IMAGE,
    ErrorCode.BROKEN_IMAGE,
    ErrorCode.NO_FACE,
    ErrorCode.FACE_TURNED_AWAY,
    ErrorCode.TOO_POOR,
    ErrorCode.LOW_QUALITY,
)
"""Why no face of a picture is registered."""

STATUS = {
    ErrorCode.UNAUTHORIZED: 401,
    ErrorCode.GROUP_NOT_FOUND: 404,
    ErrorCode.GROUP_DELETED: 404,
    ErrorCode.APP_NOT_FOUND: 404,
    ErrorCode.DUPLICATE_APP: 409,
    ErrorCode.INVALID_PARAMETER: 400,
    ErrorCode.PERSON_NOT_FOUND: 404,
    ErrorCode.PERSON_EXISTS: 409,
    ErrorCode.FACE_QUOTA_EXCEEDED: 409,
    ErrorCode.KEY_NOT_FOUND: 404,
    ErrorCode.ACCESS_KEY_NOT_FOUND: 404,
    ErrorCode.DUPLICATE_ACCESS_KEY: 409,
    ErrorCode.WEBHOOK_NOT_FOUND: 404,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.OVERLOADED: 503,
} | dict.fromkeys(_OF_PICTURES, 422)


def install_errors(app: FastAPI, routes: Sequence[APIRoute]) -> None:
    """Answer every error as {"error": sentence}: service errors, the framework's errors, and bugs."""

    async def on_http_error(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type only
        match error.status_code:
            case 404:
                return _answer(404, "There is no such path.")
            case 405:
                allowed = ", ".join(_methods(routes, request))
                return _answer(405, "The path does not support this method.", {"Allow": allowed})
            case status:
                return _answer(status, error.detail)

    app.add_exception_handler(ServiceError, on_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(Exception, _on_bug)


def _answer(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    detail = plain(sentence)
    return JSONResponse({"error": detail}, status, {"X-Error-Detail": detail} | dict(headers or {}))


async def on_error(_: Request, error: Exception) -> JSONResponse:
    """The answer to a ServiceError in the admin API and at /metrics."""
    assert isinstance(error, ServiceError)  # noqa: S101 - registered for this type only
    headers = {"WWW-Authenticate": "Bearer"} if error.code is ErrorCode.UNAUTHORIZED else {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    return _answer(STATUS.get(error.code, 500), error.detail, headers)


async def _on_invalid(_: Request, error: Exception) -> JSONResponse:
    """The answer to invalid parameters: the first wrong one, without its value."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this type only
    first = error.errors()[0]
    _, *where = first["loc"]
    if first["type"] == "json_invalid":
        return _answer(422, "The body is not valid JSON.")
    subject = f"Parameter '{'.'.join(map(str, where))}'" if where else "The body"
    return _answer(422, f"{subject}: {first['msg']}")


def _methods(routes: Sequence[APIRoute], request: Request) -> list[str]:
    """Every method that the path takes. The framework itself would name those of its first route only."""
    path = path_in_app(request.scope)
    matching = [route for route in routes if route.path_regex.match(path)]
    return sorted({method for route in matching for method in route.methods or ()})


async def _on_bug(_: Request, __: Exception) -> JSONResponse:
    # The framework raises it again once this answer is out, and the HTTP server logs it then.
    return _answer(500, "The server failed to handle the request.")
