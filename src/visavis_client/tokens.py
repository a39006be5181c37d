"""Access tokens of v2.1: got with a user access key (OAuth 2.0, client credentials), and renewed in time."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from urllib.parse import quote_plus

import httpx

from visavis_client.errors import ApiError, Overloaded, ServerError, Unauthorized

HEADER = "x-nhn-authorization"
REFUSED = frozenset({-41006, -41007})
"""Result codes of a token that the server does not take, or takes no more."""

_EARLY_S = 60.0
"""How long before its end a token is renewed, but never more than a tenth of its life."""


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A user access key: what `visavis access-key create` prints."""

    id: str
    secret: str = field(repr=False)
    token_url: str | None = None
    """Where its tokens come from; None means `/oauth2/token/create` of the same server."""


class TokenAuth(httpx.Auth):
    """Sends an access token with each request; gets a new one before it ends, and once if it is refused."""

    requires_response_body = True

    def __init__(self, key: AccessKey, token_url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._basic = httpx.BasicAuth(quote_plus(key.id), quote_plus(key.secret))
        self._url = token_url
        self._clock = clock
        self._token = ""
        self._good_until = 0.0

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if not self._token or self._clock() >= self._good_until:
            yield from self._renew()
        sent = self._token
        request.headers[HEADER] = f"Bearer {sent}"
        response = yield request
        if _is_refused(response):
            if self._token == sent:  # otherwise another request has renewed it meanwhile
                yield from self._renew()
            request.headers[HEADER] = f"Bearer {self._token}"
            yield request

    def _renew(self) -> Generator[httpx.Request, httpx.Response, None]:
        """Get a new token. Raises Unauthorized, Overloaded, ServerError."""
        asked = self._clock()
        bare = httpx.Request("POST", self._url, data={"grant_type": "client_credentials"})
        response = yield next(self._basic.auth_flow(bare))
        if response.status_code != 200:
            raise _refusal(response)
        try:
            body = response.json()
            token, life = str(body["access_token"]), float(body["expires_in"])
        except (ValueError, KeyError, TypeError) as error:
            raise ServerError(response.status_code, 0, "not an answer with a token", None, None) from error
        self._token, self._good_until = token, asked + life - min(_EARLY_S, life / 10)


def _is_refused(response: httpx.Response) -> bool:
    try:
        return response.json()["header"]["resultCode"] in REFUSED
    except (ValueError, KeyError, TypeError):
        return False


def _refusal(response: httpx.Response) -> ApiError:
    """The error of an answer without a token (RFC 6749, 5.2)."""
    status, detail = response.status_code, response.headers.get("x-error-detail")
    try:
        message = str(response.json()["error"])
    except (ValueError, KeyError, TypeError):
        message = "no token"
    kind = Overloaded if status in {429, 503} else ServerError if status >= 500 else Unauthorized
    waits = response.headers.get("retry-after", "")
    return kind(status, 0, message, detail, float(waits) if waits.isdecimal() else None)
