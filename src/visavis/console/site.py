"""Builds the console's application, which is mounted under /console."""

from __future__ import annotations

import logging
from collections.abc import Callable
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from visavis.console import cookies, csrf
from visavis.console.assets import Assets
from visavis.console.headers import PERMISSIONS, WITH_CAMERA, SafeHeaders
from visavis.console.i18n import read_catalogues
from visavis.console.pages import second_factor
from visavis.console.pages.account import sentence_of
from visavis.console.recording import recorded
from visavis.console.refusals import STATUS, EnrolFirst, ProveFirst, Refused, SignInFirst
from visavis.console.rendering import Renderer
from visavis.console.request_authentication import PROOF_CODE, PROOF_PASSWORD, RequestAuthentication
from visavis.console.request_context import RequestContext
from visavis.console.routes import ROUTES, Route
from visavis.console.services import ConsoleServices
from visavis.errors import AccountError, AccountErrorCode, ServiceError
from visavis.web.admission import ClientGone

logger = logging.getLogger(__name__)

_CLIENT_GONE = 499
_NOT_SENT_ON = {csrf.FIELD, PROOF_PASSWORD, PROOF_CODE}


def build_console(services: ConsoleServices, telemetry: TelemetryConfig) -> FastAPI:
    """Build the application: every route of the table, the static files, and error pages."""
    assets = Assets()
    authentication = RequestAuthentication(services, Renderer(assets), read_catalogues())
    app = FastAPI(title="Visavis console", openapi_url=None, redirect_slashes=False, telemetry=telemetry)
    app.add_middleware(SafeHeaders)
    app.include_router(assets.router())
    for route in ROUTES:
        endpoint = _endpoint(route, authentication)
        app.add_api_route(route.path, endpoint, methods=[route.method], response_model=None)

    async def on_http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused | HTTPException)  # noqa: S101 - registered for these types only
        return _refusal(await _context(request, authentication), error)

    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(Refused, on_http_error)
    return app


def _endpoint(route: Route, authentication: RequestAuthentication) -> Callable[[Request], object]:
    async def endpoint(request: Request) -> Response:
        try:
            context = await authentication.admit(request, route)
            return await _answer(context, route)
        except (SignInFirst, EnrolFirst, ProveFirst) as asked:
            return await _first(request, route, authentication, asked)
        except (ClientDisconnect, ClientGone):
            return Response(status_code=_CLIENT_GONE)
        except (Refused, ServiceError, AccountError, HTTPException) as error:
            return _refusal(await _context(request, authentication), error)
        except Exception:
            logger.exception("A bug in %s %s of the console", route.method, route.path)
            return _refusal(await _context(request, authentication), Refused(500))

    return endpoint


async def _answer(context: RequestContext, route: Route) -> Response:
    response = await recorded(context, route)
    if route.camera:
        response.headers[PERMISSIONS] = WITH_CAMERA
    return response


async def _context(request: Request, authentication: RequestAuthentication) -> RequestContext:
    try:
        return await authentication.context(request)
    except ServiceError:
        return authentication.stranger(request)


async def _first(
    request: Request,
    route: Route,
    authentication: RequestAuthentication,
    asked: SignInFirst | EnrolFirst | ProveFirst,
) -> Response:
    """What comes before the page of a route."""
    match asked:
        case SignInFirst():
            return await _sign_in_first(request, route, authentication)
        case EnrolFirst():
            return await _enrol_first(request, route, authentication)
        case ProveFirst():
            return await _prove_first(request, authentication, asked)


async def _sign_in_first(request: Request, route: Route, authentication: RequestAuthentication) -> Response:
    """Redirect a page to the sign-in page, which returns to it; answer a script with 401."""
    context = await _context(request, authentication)
    if route.pictures:
        return context.json({"error": context.messages("refused.401")}, 401)
    after = context.path if route.method == "GET" else "/"
    query = f"?next={quote(after)}" if after != "/" else ""
    response = context.redirect(f"/sign-in{query}")
    cookies.drop(request, response, cookies.SESSION)
    return response


async def _enrol_first(request: Request, route: Route, authentication: RequestAuthentication) -> Response:
    """Pages lead to where a second factor is enrolled; a script is told."""
    context = await _context(request, authentication)
    if route.pictures:
        return context.json({"error": context.messages("notice.second_factor_required")}, 403)
    return context.redirect(second_factor.PATH, "second_factor_required")


async def _prove_first(request: Request, authentication: RequestAuthentication, asked: ProveFirst) -> Response:
    """A page that asks for the password, and sends on what was sent once it is given."""
    context = await _context(request, authentication)
    kept = {name: value for name, value in asked.form.items() if name not in _NOT_SENT_ON}
    error = "" if asked.error is None else sentence_of(context, asked.error)
    if asked.error is not None and asked.error.code is AccountErrorCode.WRONG_PASSWORD:
        error = context.messages("profile.wrong_old")
    return context.page("prove.html", 403, kept=kept, error=error)


def _refusal(context: RequestContext, error: Refused | ServiceError | AccountError | HTTPException) -> Response:
    """An error page, or for a script the sentence as JSON, with the code of an error of core."""
    code = {"code": error.code} if isinstance(error, ServiceError) else {}
    match error:
        case Refused():
            status, sentence = error.status, context.messages(error.key)
        case ServiceError():
            status, sentence = STATUS.get(error.code, 422), context.why(error)
        case AccountError():
            status, sentence = 409, context.messages(f"account_error.{error.code}")
        case _:
            status = error.status_code
            known = context.messages.has(f"refused.{status}")
            sentence = context.messages(f"refused.{status if known else 400}")
    if "application/json" in context.request.headers.get("accept", ""):
        response = context.json({"error": sentence, **code}, status)
    else:
        response = context.page("error.html", status, sentence=sentence, code=status)
    if status == 503:
        response.headers["Retry-After"] = "1"
    return response
