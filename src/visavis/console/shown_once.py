"""Secrets that were just made, on their way to the page that shows them, this once.

They are in a cookie that scripts cannot read, for a minute and for the session that made them. So that page is an
ordinary one: loading it anew sends no form again, which would make other secrets.
"""

from __future__ import annotations

from datetime import timedelta
from hmac import compare_digest
from urllib.parse import quote, unquote

from fastapi import Response

from visavis.console import cookies
from visavis.console.request_context import RequestContext

_UNTIL_SHOWN = timedelta(minutes=1)
_BETWEEN = "|"


def show_next(context: RequestContext, path: str, *secrets: str) -> Response:
    """Redirect to the page of this path, which shows the secrets."""
    response = context.redirect(path)
    value = _BETWEEN.join(quote(part, safe="") for part in (context.csrf, path, *secrets))
    cookies.keep(context.request, response, cookies.MADE, value, _UNTIL_SHOWN)
    return response


def made(context: RequestContext) -> list[str]:
    """The secrets that were just made for this page in this session, in their order; none if there are none."""
    match [unquote(part) for part in cookies.read(context.request, cookies.MADE).split(_BETWEEN)]:
        case [token, context.path, *secrets] if compare_digest(token.encode(), context.csrf.encode()):
            return secrets
        case _:
            return []


def forget(context: RequestContext, response: Response) -> Response:
    """The response that shows the secrets, which takes the cookie away."""
    cookies.drop(context.request, response, cookies.MADE)
    return response
