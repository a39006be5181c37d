"""The console's cookies: hidden from scripts, for this site only, and over TLS only if the server uses TLS."""

from __future__ import annotations

from datetime import timedelta

from fastapi import Request, Response

SESSION = "session"
VISITOR = "visitor"
"""The cookie with the secret of the CSRF token, before somebody has signed in."""
LANGUAGE = "language"
THEME = "theme"
MADE = "made"
"""The cookie with secrets that were just made, until the next page has shown them."""
APP = "app"
"""The cookie with the name of the app that was chosen last."""

_YEAR = timedelta(days=365)


def read(request: Request, name: str) -> str:
    """The value of a cookie; empty if there is none."""
    return request.cookies.get(_full(request, name), "")


def keep(request: Request, response: Response, name: str, value: str, life: timedelta | None = _YEAR) -> None:
    """Set a cookie; with `life` None until the browser is closed."""
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
