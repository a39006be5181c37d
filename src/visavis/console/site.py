"""The console as an application to be mounted under /console."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from visavis.console import cookies
from visavis.console.arrival import Doorkeeper
from visavis.console.assets import Assets
from visavis.console.headers import SafeHeaders
from visavis.console.recording import recorded
from visavis.console.refusals import STATUS, Refused, SignInFirst
from visavis.console.rendering import Renderer
from visavis.console.routes import ROUTES, Route
from visavis.console.services import ConsoleServices
from visavis.console.visit import Visit
from visavis.console.words import read_catalogues
from visavis.errors import AccountError, FaceError
from visavis.web.admission import Gone

logger = logging.getLogger(__name__)

_CLIENT_GONE = 499


def build_console(services: ConsoleServices, telemetry: TelemetryConfig) -> FastAPI:
    """Every route of the table, the static files, and an answer to everything that goes wrong."""
    assets = Assets()
    doorkeeper = Doorkeeper(services, Renderer(assets), read_catalogues())
    app = FastAPI(title="Visavis console", openapi_url=None, redirect_slashes=False, telemetry=telemetry)
    app.add_middleware(SafeHeaders)
    app.include_router(assets.router())
    for route in ROUTES:
        endpoint = _endpoint(route, doorkeeper)
        app.add_api_route(route.path, endpoint, methods=[route.method], response_model=None)

    async def on_http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused | HTTPException)  # noqa: S101 - registered for these types only
        return _refusal(await _visit(request, doorkeeper), error)

    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(Refused, on_http_error)
    return app


def _endpoint(route: Route, doorkeeper: Doorkeeper) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        try:
            visit = await doorkeeper.admit(request, route)
            return await recorded(visit, route)
        except SignInFirst:
            return await _sign_in_first(request, route, doorkeeper)
        except (ClientDisconnect, Gone):
            return Response(status_code=_CLIENT_GONE)
        except (Refused, FaceError, AccountError, HTTPException) as error:
            return _refusal(await _visit(request, doorkeeper), error)
        except Exception:
            logger.exception("A bug in %s %s of the console", route.method, route.path)
            return _refusal(await _visit(request, doorkeeper), Refused(500))

    return endpoint


async def _visit(request: Request, doorkeeper: Doorkeeper) -> Visit:
    try:
        return await doorkeeper.visit(request)
    except FaceError:
        return doorkeeper.stranger(request)


async def _sign_in_first(request: Request, route: Route, doorkeeper: Doorkeeper) -> Response:
    """Pages lead to the sign-in page and from there back; a script is told."""
    visit = await _visit(request, doorkeeper)
    if route.pictures:
        return visit.json({"error": visit.words("refused.401")}, 401)
    after = visit.path if route.method == "GET" else "/"
    query = f"?next={quote(after)}" if after != "/" else ""
    response = visit.redirect(f"/sign-in{query}")
    cookies.drop(request, response, cookies.SESSION)
    return response


def _refusal(visit: Visit, error: Refused | FaceError | AccountError | HTTPException) -> Response:
    """A page that says what is wrong, or that sentence alone for a script."""
    match error:
        case Refused():
            status, sentence = error.status, visit.words(error.key)
        case FaceError():
            status, sentence = STATUS.get(error.code, 422), visit.why(error)
        case AccountError():
            status, sentence = 409, visit.words(f"objection.{error.objection}")
        case _:
            known = visit.words.has(f"refused.{error.status_code}")
            status, sentence = error.status_code, visit.words(f"refused.{error.status_code if known else 400}")
    if "application/json" in visit.request.headers.get("accept", ""):
        response = visit.json({"error": sentence}, status)
    else:
        response = visit.page("error.html", status, sentence=sentence, code=status)
    if status == 503:
        response.headers["Retry-After"] = "1"
    return response
