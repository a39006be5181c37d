"""NHN Face Recognition v2.0 (seed 000), with the additions of v2.0 Plus (contract.md, Operations)."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request

from visavis.api.dialect import Dialect, KeyHeader
from visavis.api.nhn import operations, present, requests, schemas
from visavis.api.nhn.envelope import Error, answer, failure, success
from visavis.api.nhn.errors import v2_error
from visavis.api.nhn.v2_shared import APP, OPERATIONS
from visavis.api.operation import Operation
from visavis.audit_events import Effect
from visavis.core.detection import Detected
from visavis.identities import KeyKind


def _credentials(request: Request) -> Mapping[KeyKind, str]:
    """The keys of a request. The API key is optional here, but if it is sent it must be right."""
    keys = {
        KeyKind.APP_KEY: request.path_params["app_key"],
        KeyKind.SECRET_KEY: request.headers.get("authorization", ""),
    }
    if (api_key := request.headers.get("x-nhn-apikey")) is not None:
        keys[KeyKind.API_KEY] = api_key
    return keys


V2 = Dialect(
    name="v2",
    title="NHN Face Recognition v2.0",
    prefix="/v2.0",
    credentials=_credentials,
    success=success("Success"),
    wire_error=v2_error,
    failure=failure,
    max_image_bytes=3_000_000,
    key_headers=(
        KeyHeader("Authorization", "The app's `secretKey`, bare, without a scheme such as `Bearer`."),
        KeyHeader("x-nhn-apikey", "The app's `apiKey`; optional here.", required=False),
    ),
    answer=answer,
    error=Error,
    operations=(
        *OPERATIONS,
        Operation[operations.ChecksSpoof, Detected | operations.AlignedVerdict](
            name="spoofing",
            summary="Tell living faces in a picture from prints and screens",
            effect=Effect.USE,
            method="POST",
            path=f"{APP}/spoofing/faces",
            run=operations.check_spoof,
            schema=requests.SpoofJson,
            form=requests.SpoofForm,
            image=True,
            present=present.spoof_checked,
            data=schemas.SpoofData,
        ),
    ),
)
