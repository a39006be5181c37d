"""Dialects, and how a dialect becomes an ASGI application."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeAlias

from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, compile_path
from starlette.types import Scope

from visavis.api.operation import AnyOperation, Call, event_of
from visavis.audit_events import Actor, ActorKind, Effect
from visavis.core.recognition_events import DOOR_HEADER, door_named
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import Caller, KeyKind, working_for
from visavis.spans import Span
from visavis.types import Refusal
from visavis.web.admission import ClientGone
from visavis.web.body import MAX_BODY_BYTES, MAX_PLAIN_BODY_BYTES, is_upload, read_body, read_parameters
from visavis.web.recording import actor_of, client_address, refusal_of
from visavis.web.request_log import UNKNOWN, mark
from visavis.web.services import Services

logger = logging.getLogger(__name__)

MAX_DETAIL = 200

CLIENT_GONE = 499
"""The status, in the access log only, of a request whose client disconnected before the answer."""


@dataclass(frozen=True, slots=True)
class WireError:
    """An error as one dialect writes it: its number, its fixed message, its HTTP status."""

    code: int
    message: str
    status: int = 200


@dataclass(frozen=True, slots=True)
class Success:
    """A successful answer, which may be a partial success."""

    body: BaseModel
    detail: str = ""
    """The X-Error-Detail header of a partial success, or why nothing could match; empty otherwise."""
    not_added: Sequence[Refusal] = ()
    """Why faces were not added, one reason for each, in the order of the body."""
    code: int = 0
    """The result code in the body; not 0 for a partial success."""
    small_faces: int = 0
    """How many faces were left out because they are too small."""


_NONE_ADDED = {
    ErrorCode.FACE_TURNED_AWAY: Refusal.POSE,
    ErrorCode.TOO_POOR: Refusal.POOR,
    ErrorCode.LOW_QUALITY: Refusal.QUALITY,
    ErrorCode.FACE_QUOTA_EXCEEDED: Refusal.QUOTA,
}
"""Errors which mean that no face was added, and the reason."""

_CREDENTIALS_REFUSED = {
    ErrorCode.UNAUTHORIZED,
    ErrorCode.MISSING_CREDENTIALS,
    ErrorCode.ACCESS_TOKEN_INVALID,
    ErrorCode.ACCESS_TOKEN_UNAUTHORIZED,
    ErrorCode.RATE_LIMITED,
}

Failure: TypeAlias = Callable[[WireError], dict[str, object]]


@dataclass(frozen=True, slots=True)
class KeyHeader:
    """A request header that holds a key and nothing else."""

    name: str
    describes: str
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """A wire protocol: its prefix, its operations, its credentials, and how it writes successes and errors."""

    name: str
    title: str
    prefix: str
    operations: tuple[AnyOperation, ...]
    credentials: Callable[[Request], Mapping[KeyKind, str]]
    """The keys of a request, all of which must be right. Raises MISSING_CREDENTIALS."""
    success: Callable[[object, BaseModel | None], Success]
    """Makes the answer from the result of an operation and the output of its `present`."""
    wire_error: Callable[[ServiceError, AnyOperation, bool], WireError]
    """Translates an error, given the operation and whether the request was a form with files."""
    failure: Failure
    """The body of an error."""
    max_image_bytes: int
    key_headers: tuple[KeyHeader, ...]
    """The headers that carry keys; the app key may also be in the path."""
    answer: Callable[[type[BaseModel] | None], type[BaseModel]]
    """The type of a successful body, given the type of its data."""
    error: type[BaseModel]
    """The type of the body of an error."""
    token: Callable[[Request], str] | None = None
    """The access token of a request; None where keys alone are used. Raises MISSING_CREDENTIALS."""


def build(dialect: Dialect, services: Services) -> Starlette:
    """Build the dialect's application, which is mounted under its prefix.

    Its operations read their parameters and write their answers themselves, so they need no more than routes.
    """
    app = Starlette(
        routes=[
            Route(
                operation.path,
                _endpoint(dialect, operation, services),
                methods=[operation.method],
                name=operation.name,
            )
            for operation in dialect.operations
        ]
    )
    app.router.redirect_slashes = False
    install_http_errors(app, dialect.operations, dialect.failure, dialect.name)
    return app


def _endpoint(
    dialect: Dialect, operation: AnyOperation, services: Services
) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint of an operation: it checks credentials, then parameters, then the rest (contract.md 4)."""
    workers = services.workers
    queue = workers.images if operation.image else workers.records
    reads = not operation.image and operation.effect is not Effect.CHANGE
    max_body_bytes = MAX_BODY_BYTES if operation.image else MAX_PLAIN_BODY_BYTES

    def answer(request: Request, caller: Caller, actor: Actor, body: bytes) -> tuple[Response, int]:
        working_for.set(caller.app.name)
        parameters = read_parameters(request, body, operation.schema, operation.form)
        door = door_named(request.headers.get(DOOR_HEADER))
        call = Call(services, caller.app, actor, parameters, request.path_params, dialect.max_image_bytes, door)
        with services.audit.recording(event_of(call, operation, dialect.name)):
            result = operation.run(call)
        success = dialect.success(result, operation.present(result, services.confidence_factor))
        headers = {"X-Error-Detail": plain(success.detail)} if success.detail else {}
        if success.not_added:
            headers["X-Not-Added"] = ", ".join(success.not_added)
        if success.small_faces:
            headers["X-Small-Faces"] = str(success.small_faces)
        content = success.body.model_dump_json(exclude_none=True)
        return Response(content, media_type="application/json", headers=headers), success.code

    async def run(request: Request, work: Callable[[], tuple[Response, int]]) -> tuple[Response, int]:
        if reads:
            return await workers.reading(work, (operation.name, request.path_params.get("group_id")))
        return await workers.run(work)

    def answer_at_once(request: Request) -> tuple[Response, int]:
        caller = _identified(dialect, services, request)
        services.rates.count(caller.app)
        return answer(request, caller, _actor(request, caller), b"")

    async def handle(request: Request) -> tuple[Response, int]:
        if operation.method != "POST":  # there is no body to wait for, so one thread can do it all
            with queue.at_once() as has_slot:
                if has_slot:
                    return await run(request, lambda: answer_at_once(request))
        caller = await workers.quick(lambda: _identified(dialect, services, request))
        services.rates.count(caller.app)
        with queue.admit(caller.app.id) as permit:  # before the body is read: a refused request costs no memory
            body = await read_body(request, max_body_bytes, operation.form)
            actor = _actor(request, caller)
            with services.instrument(Span.QUEUE):
                await queue.acquire(permit, lambda: _disconnected(request))
            return await run(request, lambda: answer(request, caller, actor, body))

    return _refusing(dialect, operation, handle)


def _refusing(
    dialect: Dialect, operation: AnyOperation, handle: Callable[[Request], Awaitable[tuple[Response, int]]]
) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint that answers as `handle` does, with its result code, or with the error that it raises."""

    async def endpoint(request: Request) -> Response:
        try:
            response, code = await handle(request)
        except ServiceError as error:
            return refusal(dialect, operation, request, error)
        except HTTPException:
            raise
        except (ClientGone, ClientDisconnect):
            mark(request.scope, dialect.name, operation.name, CLIENT_GONE, "client_gone")
            return Response(status_code=CLIENT_GONE)
        except Exception:
            logger.exception("A bug in %s %s", dialect.name, operation.name)
            bug = ServiceError(ErrorCode.INTERNAL, "The server failed to handle the request.")
            return refusal(dialect, operation, request, bug)
        mark(request.scope, dialect.name, operation.name, code)
        return response

    return endpoint


def _identified(dialect: Dialect, services: Services, request: Request) -> Caller:
    """Authenticate a request; record a refusal. Raises one of `_CREDENTIALS_REFUSED`."""
    try:
        keys = dialect.credentials(request)
        token = None if dialect.token is None else dialect.token(request)

        def check() -> Caller:
            if token is None:
                return services.apps.authenticate(keys, dialect.name)
            return services.access_tokens.authenticate(keys[KeyKind.APP_KEY], token, dialect.name)

        presented: Mapping[Any, str] = keys if token is None else {**keys, "token": token}
        return services.attempts.verify(client_address(request), presented, check, keys.get(KeyKind.APP_KEY))
    except ServiceError as error:
        if error.code in _CREDENTIALS_REFUSED:
            services.audit.refused(refusal_of(request, ActorKind.APP, error.code, dialect.name))
        raise


def _actor(request: Request, caller: Caller) -> Actor:
    return actor_of(request, ActorKind.APP, key_id=caller.key_id, user=caller.access_key)


async def _disconnected(request: Request) -> None:
    """Wait until the client has disconnected. Its body must have been read before."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def refusal(dialect: Dialect, operation: AnyOperation, request: Request, error: ServiceError) -> Response:
    """The answer to a request that failed, as the dialect writes it. Every error of an operation passes here."""
    wire = dialect.wire_error(error, operation, is_upload(request))
    mark(request.scope, dialect.name, operation.name, wire.code, error.code)
    response = _response(dialect.failure, wire, error.detail, error.retry_after)
    if operation.registers and error.code in _NONE_ADDED:
        response.headers["X-Not-Added"] = _NONE_ADDED[error.code]
    return response


def install_http_errors(
    app: Starlette, operations: Sequence[AnyOperation], failure: Failure, dialect: str = UNKNOWN
) -> None:
    """Let the dialect's envelope also answer unknown paths and methods, and bodies that are too long."""

    async def on_http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type only
        wire = HTTP_ERRORS[error.status_code]
        matching = _operations_of_path(operations, request)
        allowed = {operation.method for operation in matching}
        named = next((operation.name for operation in matching if operation.method == request.method), UNKNOWN)
        mark(request.scope, dialect, named, wire.code, f"http_{wire.status}")
        response = _response(failure, wire, _DETAILS.get(error.status_code, error.detail))
        response.headers.update(error.headers or {})
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED and allowed:
            response.headers["Allow"] = ", ".join(sorted(allowed))
        if error.status_code == HTTPStatus.REQUEST_TIMEOUT:
            response.headers["Connection"] = "close"
        return response

    app.add_exception_handler(HTTPException, on_http_error)


HTTP_ERRORS = {
    404: WireError(-40400, "NotFound", 404),
    405: WireError(-40500, "MethodNotAllowed", 405),
    408: WireError(-40800, "RequestTimeout", 408),
    413: WireError(-41300, "PayloadTooLarge", 413),
    415: WireError(-41500, "UnsupportedMediaType", 415),
    431: WireError(-43100, "RequestHeaderFieldsTooLarge", 431),
}
"""Errors of HTTP itself. The vendor's documents have no numbers for them."""

RETRY_STATUSES = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
"""Statuses of answers with a Retry-After header."""

_DETAILS = {404: "There is no such path.", 405: "The path does not support this method."}


def _operations_of_path(operations: Sequence[AnyOperation], request: Request) -> list[AnyOperation]:
    """Every operation of the path. The framework itself would name the method of its first route only."""
    path = path_in_app(request.scope)
    return [operation for operation in operations if compile_path(operation.path)[0].match(path)]


def path_in_app(scope: Scope) -> str:
    """The path below the prefix that an application is mounted under."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def _response(failure: Failure, error: WireError, detail: str, retry_after: int | None = None) -> Response:
    headers = {"X-Error-Detail": plain(detail)}
    if error.status in RETRY_STATUSES:
        headers["Retry-After"] = str(retry_after or 1)
    return JSONResponse(failure(error), error.status, headers)


def plain(detail: str) -> str:
    """The text as a header value: one sentence of printable ASCII, at most 200 characters (contract.md 3)."""
    line = re.sub(r"[^ -~]+", " ", detail).strip().rstrip(".")
    return f"{line[:1].upper()}{line[1:]}."[:MAX_DETAIL]
