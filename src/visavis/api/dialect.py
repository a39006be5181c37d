"""What a dialect is, and how one becomes an ASGI application."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from visavis.api.body import media_type
from visavis.api.services import Services
from visavis.errors import ErrorCode, FaceError

MAX_DETAIL = 200

_DETAILS = {404: "There is no such path.", 405: "The path does not take this method."}


@dataclass(frozen=True, slots=True)
class WireError:
    """An error as one dialect writes it: its number, its fixed message, the HTTP status it travels under."""

    code: int
    message: str
    status: int = 200


@dataclass(frozen=True, slots=True)
class Dialect:
    """A wire protocol: where it lives, its operations, and how its errors look."""

    title: str
    prefix: str
    router: APIRouter
    errors: Mapping[ErrorCode, WireError]
    failure: Callable[[WireError], dict[str, Any]]
    """The body of an error."""
    upload_errors: Mapping[ErrorCode, WireError] = field(default_factory=dict)
    """Where errors differ for requests that carry the picture as a file."""


def build(dialect: Dialect, services: Services) -> FastAPI:
    """The dialect as an application to be mounted under its prefix."""
    app = FastAPI(title=dialect.title, openapi_url=None, redirect_slashes=False)
    app.state.services = services
    app.include_router(dialect.router)
    install_error_handlers(app, dialect, dialect.router)
    return app


def install_error_handlers(app: FastAPI, dialect: Dialect, router: APIRouter) -> None:
    """Answer every failure in the dialect's own envelope: the one place where errors become bytes."""

    def answer(request: Request, error: FaceError) -> JSONResponse:
        uploaded = media_type(request) == "multipart/form-data"
        table = {**dialect.errors, **dialect.upload_errors} if uploaded else dialect.errors
        return _response(dialect, table[error.code], error.detail)

    async def on_face_error(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, FaceError)  # noqa: S101 - registered for this type only
        return answer(request, error)

    async def on_http_error(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type only
        detail = _DETAILS.get(error.status_code, str(error.detail))
        response = _response(dialect, http_error(error.status_code), detail)
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            response.headers["Allow"] = ", ".join(sorted(_methods(router, request)))
        return response

    async def on_invalid(request: Request, _: Exception) -> JSONResponse:
        return answer(request, FaceError(ErrorCode.INVALID_PARAMETER, "A parameter of the request is invalid."))

    async def on_crash(request: Request, _: Exception) -> JSONResponse:
        # The framework raises it again once this answer is out, and the HTTP server logs it then.
        return answer(request, FaceError(ErrorCode.INTERNAL, "The server failed to handle the request."))

    app.add_exception_handler(FaceError, on_face_error)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(Exception, on_crash)


def http_error(status: int) -> WireError:
    """An error of HTTP itself, such as an unknown path; the documents have no numbers for these."""
    return WireError(-status * 100, HTTPStatus(status).phrase.title().replace(" ", ""), status)


def _response(dialect: Dialect, error: WireError, detail: str) -> JSONResponse:
    headers = {"X-Error-Detail": plain(detail)}
    if error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "1"
    return JSONResponse(dialect.failure(error), error.status, headers)


def _methods(router: APIRouter, request: Request) -> set[str]:
    """Every method that the path takes: the framework itself would name those of the first route only."""
    matching = (route for route in router.routes if route.matches(request.scope)[0] is not Match.NONE)
    return {method for route in matching if isinstance(route, Route) for method in route.methods or ()}


def plain(detail: str) -> str:
    """What a header may carry: one sentence of printable ASCII, at most 200 characters (contract.md 3)."""
    line = re.sub(r"[^ -~]+", " ", detail).strip().rstrip(".")
    return f"{line[:1].upper()}{line[1:]}."[:MAX_DETAIL]
