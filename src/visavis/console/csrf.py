"""Protection against cross-site request forgery (CSRF)."""

from __future__ import annotations

import hashlib
import hmac

from fastapi import Request

from visavis.console.refusals import Refused

FIELD = "csrf"
HEADER = "X-CSRF-Token"


def token_of(secret: str) -> str:
    """The CSRF token for the secret in a cookie. It cannot be made without the secret, and does not reveal it."""
    return hmac.new(secret.encode(errors="replace"), b"csrf", hashlib.sha256).hexdigest()


def check_site(request: Request) -> None:
    """Raises Refused if the browser says that another site caused the request (Fetch Metadata)."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise Refused(403, "refused.forged")


def check_token(secret: str, given: str) -> None:
    """Raises Refused if the token does not belong to the secret."""
    if not secret or not hmac.compare_digest(token_of(secret).encode(), given.encode(errors="replace")):
        raise Refused(403, "refused.forged")
