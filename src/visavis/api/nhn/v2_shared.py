"""Operations that v2.0 and v2.1 share: the twelve of their documents (seed 000)."""

from __future__ import annotations

from visavis.api.nhn import operations, present, requests, schemas
from visavis.api.nhn.paging import FacePage, GroupPage
from visavis.api.operation import AnyOperation, Operation
from visavis.audit_events import Effect
from visavis.core.compare import Compared
from visavis.core.detection import Detected
from visavis.core.faces import Registered
from visavis.core.search import Found, Verified
from visavis.types import Group, Match
from visavis.web.parameters import NoParameters

APP = "/appkeys/{app_key}"
GROUP = f"{APP}/groups/{{group_id}}"
FACE = f"{GROUP}/faces/{{face_id}}"

OPERATIONS: tuple[AnyOperation, ...] = (
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
        present=present.groups,
        data=schemas.GroupListData,
    ),
    Operation[NoParameters, Group](
        name="group_details",
        summary="Show a group",
        effect=Effect.LISTING,
        method="GET",
        path=GROUP,
        run=operations.group_details,
        schema=NoParameters,
        present=present.group,
        data=schemas.GroupData,
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
        path=f"{APP}/faces/detect",
        run=operations.detect,
        schema=requests.DetectJson,
        form=requests.DetectForm,
        image=True,
        present=present.detected,
        data=schemas.DetectData,
    ),
    Operation[operations.Registers, Registered](
        name="register",
        summary="Register the faces in a picture",
        effect=Effect.CHANGE,
        method="POST",
        path=f"{GROUP}/faces",
        run=operations.register,
        registers=True,
        schema=requests.RegisterJson,
        form=requests.RegisterForm,
        image=True,
        present=present.registered,
        data=schemas.RegisterData,
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
        schema=requests.FaceListQuery,
        present=present.faces,
        data=schemas.FaceListData,
    ),
    Operation[operations.Searches, list[Match]](
        name="search_by_face_id",
        summary="Find the faces of a group that match one of them",
        effect=Effect.USE,
        method="GET",
        path=f"{FACE}/search",
        run=operations.search_by_face_id,
        schema=requests.SearchQuery,
        present=present.matches,
        data=schemas.SearchData,
    ),
    Operation[operations.SearchesByImage, Found](
        name="search_by_image",
        summary="Find the faces of a group that match the largest face in a picture",
        effect=Effect.USE,
        method="POST",
        path=f"{GROUP}/faces/search",
        run=operations.search_by_image,
        schema=requests.SearchJson,
        form=requests.SearchForm,
        image=True,
        present=present.found,
        data=schemas.SearchData,
    ),
    Operation[operations.Compares, Compared](
        name="compare",
        summary="Compare the largest face in one picture with every face in another",
        effect=Effect.USE,
        method="POST",
        path=f"{APP}/faces/compare",
        run=operations.compare,
        schema=requests.CompareJson,
        form=requests.CompareForm,
        image=True,
        present=present.compared,
        data=schemas.CompareData,
    ),
    Operation[operations.HasImage, Verified](
        name="verify",
        summary="Compare a registered face with the largest face in a picture",
        effect=Effect.USE,
        method="POST",
        path=f"{FACE}/verify",
        run=operations.verify,
        schema=requests.VerifyJson,
        form=requests.VerifyForm,
        image=True,
        present=present.verified,
        data=schemas.VerifyData,
    ),
)
