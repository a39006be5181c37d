"""NHN Face Recognition Plus (seed 003): the paths of v1.0, an API key, verification and spoofing."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request

from visavis.api.dialect import Dialect, KeyHeader
from visavis.api.nhn import operations, present, requests, schemas
from visavis.api.nhn.envelope import Error, answer, failure, success
from visavis.api.nhn.errors import plus_error
from visavis.api.nhn.v1_shared import APP, PREFIX, Variant, shared_operations
from visavis.api.operation import Operation
from visavis.audit_events import Effect
from visavis.core.detection import Detected
from visavis.identities import KeyKind


def _credentials(request: Request) -> Mapping[KeyKind, str]:
    api_key = request.headers.get("x-nhn-apikey", "")
    return {KeyKind.APP_KEY: request.path_params["app_key"], KeyKind.API_KEY: api_key}


PLUS = Dialect(
    name="plus",
    title="NHN Face Recognition Plus",
    prefix=PREFIX,
    credentials=_credentials,
    success=success("Success"),
    wire_error=plus_error,
    failure=failure,
    max_image_bytes=3_000_000,
    key_headers=(KeyHeader("x-nhn-apikey", "The app's `apiKey`."),),
    answer=answer,
    error=Error,
    operations=(
        *shared_operations(
            Variant(
                detect=requests.DetectJson,
                register=requests.RegisterJson,
                search=requests.SearchPlus,
                compare=requests.ComparePlus,
                verify=requests.VerifyJson,
            )
        ),
        Operation[operations.ChecksSpoof, Detected | operations.AlignedVerdict](
            name="spoofing",
            summary="Tell living faces in a picture from prints and screens",
            effect=Effect.USE,
            method="POST",
            path=f"{APP}/spoofing",
            run=operations.check_spoof,
            schema=requests.SpoofJson,
            image=True,
            present=present.spoof_checked,
            data=schemas.SpoofData,
        ),
    ),
)
