"""Keeps other sites from making a visitor's browser change something (CSRF)."""

from __future__ import annotations

import hashlib
import hmac

from fastapi import Request

from visavis.console.refusals import Refused

FIELD = "csrf"
HEADER = "X-CSRF-Token"


def token_of(secret: str) -> str:
    """The token of whoever has this secret in a cookie: it cannot be made without it, nor shows it."""
    return hmac.new(secret.encode(errors="replace"), b"csrf", hashlib.sha256).hexdigest()


def check_site(request: Request) -> None:
    """Raises Refused where the browser says that another site has sent the request (Fetch Metadata)."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise Refused(403, "refused.forged")


def check_token(secret: str, given: str) -> None:
    """Raises Refused unless the token is that of the secret."""
    if not secret or not hmac.compare_digest(token_of(secret).encode(), given.encode(errors="replace")):
        raise Refused(403, "refused.forged")
