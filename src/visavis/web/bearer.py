"""Checks the token of an operator in the header `Authorization: Bearer ...`."""

from __future__ import annotations

import hmac

from fastapi import Request
from pydantic import SecretStr

from visavis.core.attempts import Attempts
from visavis.errors import ErrorCode, ServiceError
from visavis.web.recording import client_address


def require_token(request: Request, token: SecretStr | None, attempts: Attempts, otherwise: str) -> None:
    """Check the token. Raises UNAUTHORIZED with the sentence `otherwise`, RATE_LIMITED."""

    def check() -> None:
        if not _has_token(request, token):
            raise ServiceError(ErrorCode.UNAUTHORIZED, otherwise)

    attempts.verify(client_address(request), {"token": request.headers.get("authorization", "")}, check)


def _has_token(request: Request, token: SecretStr | None) -> bool:
    """Whether the request carries the token; False if no token is set. Takes the same time for any header."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if token is None or scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(given.encode(), token.get_secret_value().encode())
