"""The Search Face operations: each calls core and presents the result."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC

from visavis.api.operation import About, Call
from visavis.api.searchface import schemas
from visavis.core.collections import Applied, Enrolled, Identified
from visavis.core.compare import Pairs
from visavis.types import DetectedFace, FaceFilter, FaceRecord, ImageSize, RequestedAttributes

PAGE = 50
"""Number of faces on a page (contract.md, Operations)."""
MATCH = 0.8
"""Least score of a match in a comparison, 0 to 1."""


@dataclass(frozen=True, slots=True)
class NamedSearch:
    """The result of a search, and the name that the request carried."""

    name: str
    found: Identified


@dataclass(frozen=True, slots=True)
class FacePage:
    """A page of a collection, and the number of faces on all pages."""

    collection_id: str
    faces: Sequence[FaceRecord]
    total: int


def about_collection(call: Call[schemas.SearchFace | schemas.AddFace | schemas.ListFaces]) -> About:
    return About(call.parameters.collection_id)


def about_face(call: Call[schemas.DeleteFace]) -> About:
    return About(call.parameters.collection_id, call.parameters.face_id)


def search_face(call: Call[schemas.SearchFace]) -> NamedSearch:
    parameters = call.parameters
    source = parameters.source(call.max_image_bytes)
    found = call.services.collections.identify(call.caller, parameters.collection_id, source, call.asked)
    return NamedSearch(parameters.name, found)


def add_face(call: Call[schemas.AddFace]) -> Enrolled:
    parameters = call.parameters
    source = parameters.source(call.max_image_bytes)
    return call.services.collections.add(call.caller, parameters.collection_id, source, parameters.name)


def delete_face(call: Call[schemas.DeleteFace]) -> None:
    call.services.faces.delete(call.caller, call.parameters.collection_id, call.parameters.face_id)


def list_faces(call: Call[schemas.ListFaces]) -> FacePage:
    parameters = call.parameters
    group = call.services.groups.require(call.caller, parameters.collection_id)
    where = FaceFilter(term=parameters.term)
    faces, total = call.services.faces.slice(group, where, (parameters.page - 1) * PAGE, PAGE)
    return FacePage(group.name, faces, total)


def compare_faces(call: Call[schemas.CompareFaces]) -> Pairs:
    origin, target = call.parameters.sources(call.max_image_bytes)
    return call.services.search.pairs(origin, target, RequestedAttributes())


def present_search(result: NamedSearch, _factor: float) -> schemas.SearchFaceAnswer:
    return schemas.SearchFaceAnswer(
        message="success",
        searchId=str(uuid.uuid4()),
        requestName=result.name,
        userName=result.name,
        option=_option(result.found.applied),
        faceIdList=[match.face.face_id for match in result.found.matches],
        result=[
            schemas.FoundFace(
                face_id=match.face.face_id,
                user_name=match.face.external_image_id or "",
                similarity_score=match.similarity,
            )
            for match in result.found.matches
        ],
    )


def present_added(result: Enrolled, _factor: float) -> schemas.AddFaceAnswer:
    return schemas.AddFaceAnswer(
        message="success",
        faceId=result.record.face_id,
        metaFaceId=result.record.image_id,
        option=_option(result.applied),
    )


def present_deleted(_result: None, _factor: float) -> schemas.DeleteFaceAnswer:
    return schemas.DeleteFaceAnswer(message="success")


def present_page(page: FacePage, _factor: float) -> schemas.ListFacesAnswer:
    faces = [
        schemas.ListedFace(
            collection_id=page.collection_id,
            face_id=record.face_id,
            user_name=record.external_image_id or "",
            create_time=record.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            meta_face_id=record.image_id,
        )
        for record in page.faces
    ]
    return schemas.ListFacesAnswer(message="success", result=faces, totalCount=page.total)


def present_comparison(result: Pairs, _factor: float) -> schemas.CompareFacesAnswer:
    score = result.similarities[0][0] / 100 if result.source_faces and result.target_faces else 0.0
    return schemas.CompareFacesAnswer(
        apiType="compare_face",
        transactionId=str(uuid.uuid4()),
        result=schemas.Comparison(
            face=_compared(result.source_faces, result.source_size),
            targetFace=_compared(result.target_faces, result.target_size),
            similarity=schemas.SimilarityScore(score=score, threshold=MATCH, isMatch=score >= MATCH),
        ),
    )


def _compared(faces: Sequence[DetectedFace], size: ImageSize) -> schemas.ComparedFace:
    """The largest of the faces."""
    if not faces:
        nowhere = schemas.BoundingBox(Width=0.0, Height=0.0, Left=0.0, Top=0.0)
        return schemas.ComparedFace(isAvailable=False, boundingBox=nowhere, confidence=0.0)
    box = faces[0].box.relative_to(size)
    return schemas.ComparedFace(
        isAvailable=True,
        boundingBox=schemas.BoundingBox(Width=box.x1 - box.x0, Height=box.y1 - box.y0, Left=box.x0, Top=box.y0),
        confidence=faces[0].detection_score,
    )


def _option(applied: Applied) -> schemas.Option:
    return schemas.Option(
        option_liveness=applied.settings.liveness,
        liveNess_threshold=applied.settings.liveness_threshold,
        liveNessScore=applied.liveness,
        policy_similarity=applied.settings.similarity,
    )
