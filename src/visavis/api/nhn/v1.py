"""NHN Face Recognition v1.0 (seed 001)."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request

from visavis.api.dialect import Dialect
from visavis.api.nhn import operations, present, present_v1, requests, schemas
from visavis.api.nhn.envelope import Error, answer, failure, success
from visavis.api.nhn.errors import v1_error
from visavis.api.operation import Operation
from visavis.types import KeyKind


def _credentials(request: Request) -> Mapping[KeyKind, str]:
    """The app key alone; an app that this is too little for switches the dialect off."""
    return {KeyKind.APP_KEY: request.path_params["app_key"]}


_APP = "/appkeys/{app_key}"
_GROUP = f"{_APP}/groups/{{group_id}}"
_FACE = f"{_GROUP}/faces/{{face_id}}"

V1 = Dialect(
    name="v1",
    title="NHN Face Recognition v1.0",
    prefix="/nhn-face-reco/v1.0",
    credentials=_credentials,
    success=success("SUCCESS"),
    wire_error=v1_error,
    failure=failure,
    max_image_bytes=5_000_000,
    key_headers=(),
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
            schema=requests.DetectV1,
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
            schema=requests.RegisterV1,
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
            schema=requests.SearchV1,
            image=True,
            present=present_v1.found_v1,
            data=schemas.SearchDataV1,
        ),
        Operation(
            name="compare",
            summary="Compare the largest face in one picture with every face in another",
            method="POST",
            path=f"{_APP}/compare",
            run=operations.compare,
            schema=requests.CompareV1,
            image=True,
            present=present_v1.compared_v1,
            data=schemas.CompareDataV1,
        ),
    ),
)
