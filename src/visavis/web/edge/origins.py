"""Web pages of other origins that may call the operations (CORS)."""

from __future__ import annotations

from typing import Final

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

METHODS: Final = ("GET", "POST", "DELETE")
HEADERS: Final = ("Authorization", "Content-Type", "X-Nhn-Apikey", "X-Api-Key", "X-Request-Id")
EXPOSED: Final = ("X-Error-Detail", "X-Not-Added", "X-Request-Id", "Retry-After")


def open_to(origins: str, app: ASGIApp) -> ASGIApp:
    """The application for pages of these origins, commas between; as it is where there are none.

    Keys travel in headers that a page sets itself, so no page is let use a visitor's cookies.
    """
    allowed = [origin.strip() for origin in origins.split(",") if origin.strip()]
    if not allowed:
        return app
    return CORSMiddleware(
        app, allow_origins=allowed, allow_methods=METHODS, allow_headers=HEADERS, expose_headers=EXPOSED
    )
