"""NHN Face Recognition v2.0 (seed 000): its twelve operations."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from visavis.api.body import json_or_form, only_json
from visavis.api.dialect import Dialect, plain
from visavis.api.nhn import requests
from visavis.api.nhn.envelope import Answer, Data, Header, failure
from visavis.api.nhn.errors import V2_ERRORS, V2_UPLOAD_ERRORS
from visavis.api.nhn.paging import Listing
from visavis.api.nhn.present import Presenter, created_at
from visavis.api.nhn.schemas import (
    CompareData,
    DetectData,
    FaceListData,
    GroupData,
    GroupId,
    GroupListData,
    RegisterData,
    SearchData,
    VerifyData,
)
from visavis.api.services import FromServices
from visavis.types import App, FaceFilter, KeyKind

router = APIRouter(prefix="/appkeys/{appKey}")
get, post, delete = (
    partial(method, response_model_exclude_none=True) for method in (router.get, router.post, router.delete)
)

V2 = Dialect("NHN Face Recognition v2.0", "/v2.0", router, V2_ERRORS, failure, V2_UPLOAD_ERRORS)

SUCCESS = Header(isSuccessful=True, resultCode=0, resultMessage="Success")
PARTIAL_SUCCESS = Header(
    isSuccessful=True, resultCode=40070, resultMessage="ServiceQuotaExceededPartialSuccessException"
)


async def _caller(request: Request, services: FromServices, app_key: Annotated[str, Path(alias="appKey")]) -> App:
    """The app whose keys came along; the Plus key is optional here, but must be right (contract.md)."""
    credentials = {KeyKind.APP_KEY: app_key, KeyKind.SECRET_KEY: request.headers.get("authorization", "")}
    if (api_key := request.headers.get("x-nhn-apikey")) is not None:
        credentials[KeyKind.API_KEY] = api_key
    return await services.workers.quick(lambda: services.apps.authenticate(credentials))


def _presenter(services: FromServices) -> Presenter:
    return Presenter(services.confidence_factor)


Caller = Annotated[App, Depends(_caller)]
Present = Annotated[Presenter, Depends(_presenter)]
GroupIdPath = Annotated[str, Path()]
FaceIdPath = Annotated[str, Path()]


def success(data: Data) -> Answer[Data]:
    return Answer(header=SUCCESS, data=data)


def done() -> Answer[None]:
    return Answer(header=SUCCESS)


# The caller comes first in every route: credentials are checked before anything else is looked at (contract.md 4).


@post("/groups")
async def create_group(
    caller: Caller,
    body: Annotated[requests.CreateGroup, Depends(only_json(requests.CreateGroup))],
    services: FromServices,
) -> Answer[None]:
    await services.workers.quick(lambda: services.groups.create(caller, body.group_id))
    return done()


@get("/groups")
async def list_groups(caller: Caller, request: Request, services: FromServices) -> Answer[GroupListData]:
    scope = f"groups/{caller.id}"
    listing = Listing.read(requests.GroupListQuery, request.query_params, services.tokens, scope)
    page = await services.workers.quick(lambda: services.groups.page(caller, listing.after, listing.query.limit))
    groups = [GroupId(groupId=group.name) for group in page.items]
    token = listing.next_token(page.next, services.tokens, scope)
    return success(GroupListData(groupCount=len(groups), groups=groups, nextToken=token))


@get("/groups/{group_id}")
async def group_details(caller: Caller, group_id: GroupIdPath, services: FromServices) -> Answer[GroupData]:
    group = await services.workers.quick(lambda: services.groups.require(caller, group_id))
    return success(GroupData(groupId=group.name, createTime=created_at(group), faceCount=group.face_count))


@delete("/groups/{group_id}")
async def delete_group(caller: Caller, group_id: GroupIdPath, services: FromServices) -> Answer[None]:
    await services.workers.quick(lambda: services.groups.delete(caller, group_id))
    return done()


@post("/faces/detect")
async def detect_faces(
    _: Caller,
    body: Annotated[
        requests.DetectJson | requests.DetectForm,
        Depends(json_or_form(requests.DetectJson, requests.DetectForm)),
    ],
    services: FromServices,
    present: Present,
) -> Answer[DetectData]:
    result = await services.workers.image(lambda: services.faces.detect(body.source(), body.want()))
    return success(present.detected(result))


@post("/groups/{group_id}/faces")
async def register_faces(
    caller: Caller,
    group_id: GroupIdPath,
    body: Annotated[
        requests.RegisterJson | requests.RegisterForm,
        Depends(json_or_form(requests.RegisterJson, requests.RegisterForm)),
    ],
    services: FromServices,
    present: Present,
    response: Response,
) -> Answer[RegisterData]:
    result = await services.workers.image(
        lambda: services.faces.register(
            caller, group_id, body.source(), body.limit, body.external_image_id, body.want()
        )
    )
    data = present.registered(result)
    if result.quota_exceeded:
        response.headers["X-Error-Detail"] = plain(
            "The group is full: not all faces of the image were registered."
        )
        return Answer(header=PARTIAL_SUCCESS, data=data)
    return success(data)


@delete("/groups/{group_id}/faces/{face_id}")
async def delete_face(
    caller: Caller, group_id: GroupIdPath, face_id: FaceIdPath, services: FromServices
) -> Answer[None]:
    await services.workers.quick(lambda: services.faces.delete(caller, group_id, face_id))
    return done()


@get("/groups/{group_id}/faces")
async def list_faces(
    caller: Caller, group_id: GroupIdPath, request: Request, services: FromServices, present: Present
) -> Answer[FaceListData]:
    scope = f"faces/{caller.id}/{group_id}"
    listing = Listing.read(requests.FaceListQuery, request.query_params, services.tokens, scope)
    query = listing.query
    where = FaceFilter(query.face_id, query.image_id, query.external_image_id)
    group = await services.workers.quick(lambda: services.groups.require(caller, group_id))
    listing.require_same_group(group)
    page = await services.workers.quick(lambda: services.faces.page(group, where, listing.before, query.limit))
    faces = [present.stored(record) for record in page.items]
    token = listing.next_token(page.next, services.tokens, scope, group)
    return success(FaceListData(faceCount=len(faces), faces=faces, nextToken=token))


@get("/groups/{group_id}/faces/{face_id}/search")
async def search_by_face_id(
    caller: Caller,
    group_id: GroupIdPath,
    face_id: FaceIdPath,
    request: Request,
    services: FromServices,
    present: Present,
) -> Answer[SearchData]:
    query = requests.SearchQuery.from_text(request.query_params)
    matches = await services.workers.quick(
        lambda: services.search.by_face_id(caller, group_id, face_id, query.limit, query.threshold)
    )
    return success(present.matches(matches))


@post("/groups/{group_id}/faces/search")
async def search_by_image(
    caller: Caller,
    group_id: GroupIdPath,
    body: Annotated[
        requests.SearchJson | requests.SearchForm,
        Depends(json_or_form(requests.SearchJson, requests.SearchForm)),
    ],
    services: FromServices,
    present: Present,
) -> Answer[SearchData]:
    result = await services.workers.image(
        lambda: services.search.by_image(caller, group_id, body.source(), body.limit, body.threshold, body.want())
    )
    return success(present.found(result))


@post("/faces/compare")
async def compare_faces(
    _: Caller,
    body: Annotated[
        requests.CompareJson | requests.CompareForm,
        Depends(json_or_form(requests.CompareJson, requests.CompareForm)),
    ],
    services: FromServices,
    present: Present,
) -> Answer[CompareData]:
    source, target = body.sources()
    result = await services.workers.image(
        lambda: services.search.compare(source, target, body.threshold, body.want())
    )
    return success(present.compared(result))


@post("/groups/{group_id}/faces/{face_id}/verify")
async def verify_face(
    caller: Caller,
    group_id: GroupIdPath,
    face_id: FaceIdPath,
    body: Annotated[
        requests.VerifyJson | requests.VerifyForm,
        Depends(json_or_form(requests.VerifyJson, requests.VerifyForm)),
    ],
    services: FromServices,
    present: Present,
) -> Answer[VerifyData]:
    result = await services.workers.image(
        lambda: services.search.verify(caller, group_id, face_id, body.source(), body.want())
    )
    return success(present.verified(result))
