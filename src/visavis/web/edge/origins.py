"""CORS: which origins' web pages may call the operations."""

from __future__ import annotations

from typing import Final

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

METHODS: Final = ("GET", "POST", "DELETE")
HEADERS: Final = (
    "Authorization",
    "Content-Type",
    "X-Nhn-Apikey",
    "X-Nhn-Authorization",
    "X-Api-Key",
    "X-Request-Id",
    "X-Visavis-Door",
)
EXPOSED: Final = ("X-Error-Detail", "X-Not-Added", "X-Small-Faces", "X-Request-Id", "Retry-After")


def open_to(origins: str, app: ASGIApp) -> ASGIApp:
    """The application with CORS for these origins, separated by commas; unchanged if there are none.

    A page sends keys in headers that it sets itself, so it is not allowed to use a visitor's cookies.
    """
    allowed = [origin.strip() for origin in origins.split(",") if origin.strip()]
    if not allowed:
        return app
    return CORSMiddleware(
        app, allow_origins=allowed, allow_methods=METHODS, allow_headers=HEADERS, expose_headers=EXPOSED
    )
