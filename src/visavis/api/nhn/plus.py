"""NHN Face Recognition Plus (seed 003): the paths of v1.0, an API key, verification and spoofing."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request

from visavis.api.dialect import Dialect, KeyHeader
from visavis.api.nhn import operations, present, present_v1, requests, schemas
from visavis.api.nhn.envelope import Error, answer, failure, success
from visavis.api.nhn.errors import plus_error
from visavis.api.operation import Operation
from visavis.types import KeyKind


def _credentials(request: Request) -> Mapping[KeyKind, str]:
    api_key = request.headers.get("x-nhn-apikey", "")
    return {KeyKind.APP_KEY: request.path_params["app_key"], KeyKind.API_KEY: api_key}


_APP = "/appkeys/{app_key}"
_GROUP = f"{_APP}/groups/{{group_id}}"
_FACE = f"{_GROUP}/faces/{{face_id}}"

PLUS = Dialect(
    name="plus",
    title="NHN Face Recognition Plus",
    prefix="/nhn-face-reco/v1.0",
    credentials=_credentials,
    success=success("Success"),
    wire_error=plus_error,
    failure=failure,
    max_image_bytes=3_000_000,
    key_headers=(KeyHeader("x-nhn-apikey", "The app's `apiKey`."),),
    answer=answer,
    error=Error,
    operations=(
        Operation(
            name="create_group",
            summary="Create a group",
            method="POST",
            path=f"{_APP}/groups",
            run=operations.create_group,
            schema=requests.CreateGroup,
            present=present.nothing,
        ),
        Operation(
            name="list_groups",
            summary="List the groups of the app",
            method="GET",
            path=f"{_APP}/groups",
            run=operations.list_groups,
            schema=requests.ListQuery,
            present=present_v1.groups,
            data=schemas.ModelledGroupListData,
        ),
        Operation(
            name="group_details",
            summary="Show a group",
            method="GET",
            path=_GROUP,
            run=operations.group_details,
            present=present_v1.group,
            data=schemas.GroupDetailsData,
        ),
        Operation(
            name="delete_group",
            summary="Delete a group and its faces",
            method="DELETE",
            path=_GROUP,
            run=operations.delete_group,
            present=present.nothing,
        ),
        Operation(
            name="detect",
            summary="Find the faces in a picture",
            method="POST",
            path=f"{_APP}/detect",
            run=operations.detect,
            schema=requests.DetectJson,
            image=True,
            present=present.detected,
            data=schemas.DetectData,
        ),
        Operation(
            name="register",
            summary="Register the faces in a picture",
            method="POST",
            path=_GROUP,
            run=operations.register,
            schema=requests.RegisterJson,
            image=True,
            present=present_v1.registered,
            data=schemas.ModelledRegisterData,
        ),
        Operation(
            name="delete_face",
            summary="Delete a registered face",
            method="DELETE",
            path=_FACE,
            run=operations.delete_face,
            present=present.nothing,
        ),
        Operation(
            name="list_faces",
            summary="List the faces of a group, newest first",
            method="GET",
            path=f"{_GROUP}/faces",
            run=operations.list_faces,
            schema=requests.ListQuery,
            present=present_v1.faces,
            data=schemas.ModelledFaceListData,
        ),
        Operation(
            name="search_by_face_id",
            summary="Find the faces of a group that match one of them",
            method="GET",
            path=_FACE,
            run=operations.search_by_face_id,
            schema=requests.LongSearchQuery,
            present=present.matches,
            data=schemas.SearchData,
        ),
        Operation(
            name="search_by_image",
            summary="Find the faces of a group that match the largest face in a picture",
            method="POST",
            path=f"{_GROUP}/search",
            run=operations.search_by_image,
            schema=requests.SearchPlus,
            image=True,
            present=present_v1.found,
            data=schemas.ModelledSearchData,
        ),
        Operation(
            name="compare",
            summary="Compare the largest face in one picture with every face in another",
            method="POST",
            path=f"{_APP}/compare",
            run=operations.compare,
            schema=requests.ComparePlus,
            image=True,
            present=present_v1.compared,
            data=schemas.ModelledCompareData,
        ),
        Operation(
            name="verify",
            summary="Compare a registered face with the largest face in a picture",
            method="POST",
            path=f"{_APP}/verify/groups/{{group_id}}/faces/{{face_id}}",
            run=operations.verify,
            schema=requests.VerifyJson,
            image=True,
            present=present.verified,
            data=schemas.VerifyData,
        ),
        Operation(
            name="spoofing",
            summary="Tell living faces in a picture from prints and screens",
            method="POST",
            path=f"{_APP}/spoofing",
            run=operations.check_spoof,
            schema=requests.SpoofJson,
            image=True,
            present=present.spoof_checked,
            data=schemas.SpoofData,
        ),
    ),
)
