"""The console's cookies: never readable by script, never sent elsewhere, only over TLS where there is TLS."""

from __future__ import annotations

from datetime import timedelta

from fastapi import Request, Response

SESSION = "session"
VISITOR = "visitor"
"""Holds the secret behind the CSRF token of somebody who has not signed in."""
LANGUAGE = "language"
THEME = "theme"
APP = "app"
"""The app that was worked as last."""

_YEAR = timedelta(days=365)


def read(request: Request, name: str) -> str:
    """The cookie's value, or nothing."""
    return request.cookies.get(_full(request, name), "")


def keep(request: Request, response: Response, name: str, value: str, life: timedelta | None = _YEAR) -> None:
    """Set a cookie; without a `life` until the browser is closed."""
    secure = _secure(request)
    response.set_cookie(
        _full(request, name),
        value,
        max_age=int(life.total_seconds()) if life else None,
        path="/" if secure else root(request),
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def drop(request: Request, response: Response, name: str) -> None:
    secure = _secure(request)
    response.delete_cookie(
        _full(request, name),
        path="/" if secure else root(request),
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def root(request: Request) -> str:
    """The path that the console is mounted under."""
    return str(request.scope.get("root_path", ""))


def _secure(request: Request) -> bool:
    return request.url.scheme == "https"


def _full(request: Request, name: str) -> str:
    # RFC 6265bis, 4.1.3.2: no other host, and nobody on plain HTTP, can set such a cookie.
    return f"__Host-visavis-{name}" if _secure(request) else f"visavis-{name}"
