"""NHN Face Recognition v2.1: v2.0 with access tokens instead of secret keys (contract.md, v2.1)."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request

from visavis.api.dialect import Dialect, KeyHeader
from visavis.api.nhn.envelope import Error, answer, failure, success
from visavis.api.nhn.errors import v2_1_error
from visavis.api.nhn.v2_shared import OPERATIONS
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import KeyKind

_HEADER = "x-nhn-authorization"


def _credentials(request: Request) -> Mapping[KeyKind, str]:
    return {KeyKind.APP_KEY: request.path_params["app_key"]}


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get(_HEADER, "").strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        detail = f"The header {_HEADER} is missing, or is not Bearer, a space and an access token."
        raise ServiceError(ErrorCode.MISSING_CREDENTIALS, detail)
    return token.strip()


V2_1 = Dialect(
    name="v2.1",
    title="NHN Face Recognition v2.1",
    prefix="/v2.1",
    credentials=_credentials,
    token=_token,
    success=success("Success"),
    wire_error=v2_1_error,
    failure=failure,
    max_image_bytes=3_000_000,
    key_headers=(KeyHeader(_HEADER, "`Bearer`, a space and an access token of `POST /oauth2/token/create`."),),
    answer=answer,
    error=Error,
    operations=OPERATIONS,
)
