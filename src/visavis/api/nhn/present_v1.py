"""Presents results in v1 and Plus where they differ from v2: they name the model (seeds 001 and 003)."""

from __future__ import annotations

from visavis.api.nhn import present, schemas
from visavis.api.nhn.paging import FacePage, GroupPage
from visavis.core.compare import Compared
from visavis.core.faces import Registered
from visavis.core.search import Found
from visavis.types import Group


def groups(page: GroupPage, _factor: float) -> schemas.ModelledGroupListData:
    ids = [schemas.ModelledGroupId(groupId=group.name, modelVersion=group.model) for group in page.groups]
    return schemas.ModelledGroupListData(groupCount=len(ids), groups=ids, nextToken=page.next_token)


def group(found: Group, factor: float) -> schemas.GroupDetailsData:
    details = schemas.ModelledGroup(modelVersion=found.model, **dict(present.group(found, factor)))
    return schemas.GroupDetailsData(groupCount=1, groups=[details])


def registered(result: Registered, factor: float) -> schemas.ModelledRegisterData:
    return schemas.ModelledRegisterData(modelVersion=result.model, **dict(present.registered(result, factor)))


def faces(page: FacePage, factor: float) -> schemas.ModelledFaceListData:
    return schemas.ModelledFaceListData(modelVersion=page.model, **dict(present.faces(page, factor)))


def found(result: Found, factor: float) -> schemas.ModelledSearchData:
    return schemas.ModelledSearchData(modelVersion=result.model, **dict(present.found(result, factor)))


def compared(result: Compared, factor: float) -> schemas.ModelledCompareData:
    matched = present.compared_faces(result.matched, result.size, factor)
    unmatched = present.compared_faces(result.unmatched, result.size, factor)
    return schemas.ModelledCompareData(
        modelVersion=result.model,
        matchedFaceDetailCount=len(matched),
        matchedFaceDetails=matched,
        unmatchedFaceDetailCount=len(unmatched),
        unmatchedFaceDetails=unmatched,
        sourceFace=present.source_face(result.probe, factor),
    )
