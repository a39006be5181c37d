"""NHN Face Recognition v1.0 (seed 001), with verification and the source faces of its later public guide."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request

from visavis.api.dialect import Dialect
from visavis.api.nhn import requests
from visavis.api.nhn.envelope import Error, answer, failure, success
from visavis.api.nhn.errors import v1_error
from visavis.api.nhn.v1_shared import PREFIX, Variant, shared_operations
from visavis.identities import KeyKind


def _credentials(request: Request) -> Mapping[KeyKind, str]:
    """The app key alone. An operator can switch this dialect off for an app."""
    return {KeyKind.APP_KEY: request.path_params["app_key"]}


V1 = Dialect(
    name="v1",
    title="NHN Face Recognition v1.0",
    prefix=PREFIX,
    credentials=_credentials,
    success=success("SUCCESS"),
    wire_error=v1_error,
    failure=failure,
    max_image_bytes=5_000_000,
    key_headers=(),
    answer=answer,
    error=Error,
    operations=shared_operations(
        Variant(
            detect=requests.DetectV1,
            register=requests.RegisterV1,
            search=requests.SearchV1,
            compare=requests.CompareV1,
            verify=requests.VerifyV1,
        )
    ),
)
