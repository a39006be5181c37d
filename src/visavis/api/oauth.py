"""Access tokens for clients: client credentials (RFC 6749, 4.4) and revocation (RFC 7009)."""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import unquote_plus

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from visavis.api.dialect import plain
from visavis.audit_events import ActorKind, Effect, Event
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import AccessKey
from visavis.web.body import urlencoded_fields
from visavis.web.recording import actor_of, client_address, refusal_of
from visavis.web.request_log import NO_TELEMETRY
from visavis.web.services import Services

PREFIX: Final = "/oauth2"
DIALECT: Final = "oauth2"
"""Its name in the audit log and in metrics."""

_NOT_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_UNKNOWN_CLIENT = "The id or the secret of the user access key is missing: send both by HTTP Basic or in the form."

logger = logging.getLogger(__name__)

_Answer: TypeAlias = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class _Refusal:
    """An error as RFC 6749, 5.2 writes it."""

    status: int
    error: str


_REFUSALS = {
    ErrorCode.INVALID_PARAMETER: _Refusal(400, "invalid_request"),
    ErrorCode.UNAUTHORIZED: _Refusal(401, "invalid_client"),
    ErrorCode.MISSING_CREDENTIALS: _Refusal(401, "invalid_client"),
    ErrorCode.ACCESS_TOKEN_UNAUTHORIZED: _Refusal(400, "invalid_grant"),
    ErrorCode.RATE_LIMITED: _Refusal(429, "temporarily_unavailable"),
    ErrorCode.OVERLOADED: _Refusal(503, "temporarily_unavailable"),
}
_BUG = _Refusal(500, "server_error")
_CREDENTIALS_REFUSED = {ErrorCode.UNAUTHORIZED, ErrorCode.MISSING_CREDENTIALS, ErrorCode.RATE_LIMITED}


class _Unsupported(Exception):  # noqa: N818 - an answer, not a failure of ours
    """What is asked for is none of what there is; `error` is the code of RFC 6749."""

    def __init__(self, error: str, detail: str) -> None:
        super().__init__(detail)
        self.error = error
        self.detail = detail


def build_oauth(services: Services) -> FastAPI:
    """Build the application that is mounted under /oauth2."""
    app = FastAPI(title="Access tokens", openapi_url=None, redirect_slashes=False, telemetry=NO_TELEMETRY)

    async def create(request: Request) -> Response:
        form = await urlencoded_fields(request)
        key = await _client(services, request, form)
        _require_grant(form)
        token = await _recorded(services, request, key, "issue_token", lambda: services.access_tokens.issue(key))
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": key.lifetime_seconds}
        return JSONResponse(answer, headers=_NOT_KEPT)

    async def revoke(request: Request) -> Response:
        form = await urlencoded_fields(request)
        key = await _client(services, request, form)
        token = form.get("token")
        if not token:
            raise ServiceError(ErrorCode.INVALID_PARAMETER, "The parameter token is missing.")
        await _recorded(services, request, key, "revoke_token", lambda: services.access_tokens.revoke(key, token))
        return Response(headers=_NOT_KEPT)

    for path, answer in (("/token/create", create), ("/token/revoke", revoke)):
        app.add_api_route(path, _refusing(answer), methods=["POST"], response_model=None)
    app.add_exception_handler(HTTPException, _on_http_error)
    return app


def _refusing(answer: _Answer) -> _Answer:
    """The endpoint, with every failure answered as RFC 6749, 5.2 says."""

    async def endpoint(request: Request) -> Response:
        try:
            return await answer(request)
        except _Unsupported as error:
            return _refused(_Refusal(400, error.error), error.detail)
        except ServiceError as error:
            if error.code not in _REFUSALS:
                logger.exception("A token could not be issued or revoked")
            return _refused(_REFUSALS.get(error.code, _BUG), error.detail, error.retry_after)
        except HTTPException:
            raise
        except Exception:
            logger.exception("A bug in a request for a token")
            return _refused(_BUG, "The server failed to handle the request.")

    return endpoint


async def _client(services: Services, request: Request, form: Mapping[str, str]) -> AccessKey:
    """The user access key of the client; a refusal is recorded.

    Raises UNAUTHORIZED, MISSING_CREDENTIALS, RATE_LIMITED, INVALID_PARAMETER.
    """

    def authenticated() -> AccessKey:
        try:
            key_id, secret = _credentials(request, form)
            return services.attempts.verify(
                client_address(request),
                {"client_id": key_id, "client_secret": secret},
                lambda: services.access_tokens.client(key_id, secret),
                account=key_id,
            )
        except ServiceError as error:
            if error.code in _CREDENTIALS_REFUSED:
                services.audit.refused(refusal_of(request, ActorKind.APP, error.code, DIALECT))
            raise

    return await services.workers.quick(authenticated)


def _credentials(request: Request, form: Mapping[str, str]) -> tuple[str, str]:
    """Id and secret, from the header or from the form (RFC 6749, 2.3.1). The query is never read for them."""
    header = request.headers.get("authorization")
    if header is None:
        key_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    else:
        key_id, secret = _basic(header)
        if "client_secret" in form or form.get("client_id", key_id) != key_id:
            detail = (
                "Send the id and the secret of the user access key in one way only: by HTTP Basic or in the form."
            )
            raise ServiceError(ErrorCode.INVALID_PARAMETER, detail)
    if not key_id or not secret:
        raise ServiceError(ErrorCode.MISSING_CREDENTIALS, _UNKNOWN_CLIENT)
    return key_id, secret


def _basic(header: str) -> tuple[str, str]:
    """User and password of HTTP Basic, both empty if the header is something else."""
    scheme, _, encoded = header.strip().partition(" ")
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return "", ""
    user, colon, password = decoded.partition(":")
    if scheme.lower() != "basic" or not colon:
        return "", ""
    return unquote_plus(user), unquote_plus(password)


def _require_grant(form: Mapping[str, str]) -> None:
    """Check grant and scope. Raises INVALID_PARAMETER, _Unsupported."""
    grant = form.get("grant_type")
    if not grant:
        raise ServiceError(ErrorCode.INVALID_PARAMETER, "The parameter grant_type is missing.")
    if grant != "client_credentials":
        raise _Unsupported("unsupported_grant_type", "The only grant_type is client_credentials.")
    if form.get("scope", "").strip():
        raise _Unsupported("invalid_scope", "Scopes are not supported: omit the parameter scope.")


async def _recorded(
    services: Services, request: Request, key: AccessKey, operation: str, call: Callable[[], str | None]
) -> str | None:
    """The result of the call, which is on the audit log when this returns."""
    actor = actor_of(request, ActorKind.APP, user=key.name)
    event = Event(actor=actor, operation=operation, effect=Effect.CHANGE, dialect=DIALECT)

    def run() -> str | None:
        with services.audit.recording(event):
            return call()

    return await services.workers.quick(run)


def _refused(
    refusal: _Refusal, detail: str, retry_after: int | None = None, more: Mapping[str, str] | None = None
) -> JSONResponse:
    sentence = plain(detail)
    headers = {"X-Error-Detail": sentence, **_NOT_KEPT, **(more or {})}
    if refusal.status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="visavis", charset="UTF-8"'
    if refusal.status in {429, 503}:
        headers["Retry-After"] = str(retry_after or 1)
    return JSONResponse({"error": refusal.error, "error_description": sentence}, refusal.status, headers)


async def _on_http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type only
    details = {404: "There is no such path.", 405: "The path does not support this method."}
    refusal = _Refusal(error.status_code, "invalid_request")
    return _refused(refusal, details.get(error.status_code, error.detail), more=error.headers)
