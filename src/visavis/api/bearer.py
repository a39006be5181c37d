"""The token of an operator, in the header `Authorization: Bearer ...`."""

from __future__ import annotations

import hmac

from fastapi import Request
from pydantic import SecretStr


def has_token(request: Request, token: SecretStr | None) -> bool:
    """Whether the request carries the token; never, if there is none. Takes the same time whatever is sent."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if token is None or scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(given.encode(), token.get_secret_value().encode())
