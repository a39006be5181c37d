"""The Search Face dialect: collections behind an API key (seed 002, and the other operations in contract.md)."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request
from pydantic import BaseModel

from visavis.api.dialect import Dialect, KeyHeader, Success
from visavis.api.operation import Operation
from visavis.api.searchface import operations, schemas
from visavis.api.searchface.errors import Error, failure, searchface_error
from visavis.audit_events import Effect
from visavis.core.collections import Enrolled
from visavis.core.compare import Pairs
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import KeyKind


def _credentials(request: Request) -> Mapping[KeyKind, str]:
    key = request.headers.get("x-api-key")
    if not key:
        raise ServiceError(ErrorCode.MISSING_CREDENTIALS, "The header x-api-key is missing.")
    return {KeyKind.API_KEY: key}


def _success(result: object, data: BaseModel | None) -> Success:
    assert data is not None  # noqa: S101 - every operation of this dialect answers with something
    match result:
        case operations.NamedSearch():
            return Success(data, result.found.detail)
        case Pairs():
            return Success(data, result.detail)
        case _:
            return Success(data)


def _answer(data: type[BaseModel] | None) -> type[BaseModel]:
    assert data is not None  # noqa: S101 - every operation of this dialect answers with something
    return data


SEARCHFACE = Dialect(
    name="searchface",
    title="Search Face",
    prefix="/modules",
    credentials=_credentials,
    success=_success,
    wire_error=searchface_error,
    failure=failure,
    max_image_bytes=5_000_000,
    key_headers=(KeyHeader("x-api-key", "The app's `apiKey`."),),
    answer=_answer,
    error=Error,
    operations=(
        Operation[schemas.SearchFace, operations.NamedSearch](
            name="search_face",
            summary="Find the faces of a collection that match the largest face in a picture",
            effect=Effect.USE,
            method="POST",
            path="/search",
            run=operations.search_face,
            about=operations.about_collection,
            schema=schemas.SearchFace,
            image=True,
            present=operations.present_search,
            data=schemas.SearchFaceAnswer,
        ),
        Operation[schemas.CompareFaces, Pairs](
            name="compare_faces",
            summary="Compare the largest faces in two pictures",
            effect=Effect.USE,
            method="POST",
            path="/compare",
            run=operations.compare_faces,
            schema=schemas.CompareFaces,
            image=True,
            present=operations.present_comparison,
            data=schemas.CompareFacesAnswer,
        ),
        Operation[schemas.AddFace, Enrolled](
            name="add_face",
            summary="Add the largest face in a picture to a collection",
            effect=Effect.CHANGE,
            method="POST",
            path="/faces",
            run=operations.add_face,
            about=operations.about_collection,
            registers=True,
            schema=schemas.AddFace,
            image=True,
            present=operations.present_added,
            data=schemas.AddFaceAnswer,
        ),
        Operation[schemas.DeleteFace, None](
            name="delete_face",
            summary="Delete a face from a collection",
            effect=Effect.CHANGE,
            method="DELETE",
            path="/faces",
            run=operations.delete_face,
            about=operations.about_face,
            schema=schemas.DeleteFace,
            present=operations.present_deleted,
            data=schemas.DeleteFaceAnswer,
        ),
        Operation[schemas.ListFaces, operations.FacePage](
            name="list_faces",
            summary="List the faces of a collection, newest first",
            effect=Effect.LISTING,
            method="GET",
            path="/faces",
            run=operations.list_faces,
            about=operations.about_collection,
            schema=schemas.ListFaces,
            present=operations.present_page,
            data=schemas.ListFacesAnswer,
        ),
    ),
)
