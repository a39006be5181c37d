"""Operations that v1.0 and Plus share. Only some parameters differ (seeds 001 and 003)."""

from __future__ import annotations

from dataclasses import dataclass

from visavis.api.nhn import operations, present, present_v1, requests, schemas
from visavis.api.nhn.paging import FacePage, GroupPage
from visavis.api.operation import AnyOperation, Operation
from visavis.audit_events import Effect
from visavis.core.compare import Compared
from visavis.core.detection import Detected
from visavis.core.faces import Registered
from visavis.core.search import Found, Verified
from visavis.types import Group, Match
from visavis.web.parameters import NoParameters

PREFIX = "/nhn-face-reco/v1.0"
APP = "/appkeys/{app_key}"
GROUP = f"{APP}/groups/{{group_id}}"
FACE = f"{GROUP}/faces/{{face_id}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """The differences: parameters of image operations."""

    detect: type[operations.HasImage]
    register: type[operations.Registers]
    search: type[operations.SearchesByImage]
    compare: type[operations.Compares]
    verify: type[operations.HasImage]


def shared_operations(variant: Variant) -> tuple[AnyOperation, ...]:
    """The twelve operations that both dialects have."""
    return (
        Operation[requests.CreateGroup, None](
            name="create_group",
            summary="Create a group",
            effect=Effect.CHANGE,
            method="POST",
            path=f"{APP}/groups",
            run=operations.create_group,
            about=operations.about_new_group,
            schema=requests.CreateGroup,
            present=present.nothing,
        ),
        Operation[requests.ListQuery, GroupPage](
            name="list_groups",
            summary="List the groups of the app",
            effect=Effect.LISTING,
            method="GET",
            path=f"{APP}/groups",
            run=operations.list_groups,
            schema=requests.ListQuery,
            present=present_v1.groups,
            data=schemas.ModelledGroupListData,
        ),
        Operation[NoParameters, Group](
            name="group_details",
            summary="Show a group",
            effect=Effect.LISTING,
            method="GET",
            path=GROUP,
            run=operations.group_details,
            schema=NoParameters,
            present=present_v1.group,
            data=schemas.GroupDetailsData,
        ),
        Operation[NoParameters, None](
            name="delete_group",
            summary="Delete a group and its faces",
            effect=Effect.CHANGE,
            method="DELETE",
            path=GROUP,
            run=operations.delete_group,
            schema=NoParameters,
            present=present.nothing,
        ),
        Operation[operations.HasImage, Detected](
            name="detect",
            summary="Find the faces in a picture",
            effect=Effect.USE,
            method="POST",
            path=f"{APP}/detect",
            run=operations.detect,
            schema=variant.detect,
            image=True,
            present=present.detected,
            data=schemas.DetectData,
        ),
        Operation[operations.Registers, Registered](
            name="register",
            summary="Register the faces in a picture",
            effect=Effect.CHANGE,
            method="POST",
            path=GROUP,
            run=operations.register,
            registers=True,
            schema=variant.register,
            image=True,
            present=present_v1.registered,
            data=schemas.ModelledRegisterData,
        ),
        Operation[NoParameters, None](
            name="delete_face",
            summary="Delete a registered face",
            effect=Effect.CHANGE,
            method="DELETE",
            path=FACE,
            run=operations.delete_face,
            schema=NoParameters,
            present=present.nothing,
        ),
        Operation[requests.ListQuery, FacePage](
            name="list_faces",
            summary="List the faces of a group, newest first",
            effect=Effect.LISTING,
            method="GET",
            path=f"{GROUP}/faces",
            run=operations.list_faces,
            schema=requests.ListQuery,
            present=present_v1.faces,
            data=schemas.ModelledFaceListData,
        ),
        Operation[operations.Searches, list[Match]](
            name="search_by_face_id",
            summary="Find the faces of a group that match one of them",
            effect=Effect.USE,
            method="GET",
            path=FACE,
            run=operations.search_by_face_id,
            schema=requests.LongSearchQuery,
            present=present.matches,
            data=schemas.SearchData,
        ),
        Operation[operations.SearchesByImage, Found](
            name="search_by_image",
            summary="Find the faces of a group that match the largest face in a picture",
            effect=Effect.USE,
            method="POST",
            path=f"{GROUP}/search",
            run=operations.search_by_image,
            schema=variant.search,
            image=True,
            present=present_v1.found,
            data=schemas.ModelledSearchData,
        ),
        Operation[operations.Compares, Compared](
            name="compare",
            summary="Compare the largest face in one picture with every face in another",
            effect=Effect.USE,
            method="POST",
            path=f"{APP}/compare",
            run=operations.compare,
            schema=variant.compare,
            image=True,
            present=present_v1.compared,
            data=schemas.ModelledCompareData,
        ),
        Operation[operations.HasImage, Verified](
            name="verify",
            summary="Compare a registered face with the largest face in a picture",
            effect=Effect.USE,
            method="POST",
            path=f"{APP}/verify/groups/{{group_id}}/faces/{{face_id}}",
            run=operations.verify,
            schema=variant.verify,
            image=True,
            present=present.verified,
            data=schemas.VerifyData,
        ),
    )
