"""What the Search Face operations take and answer (seed 002; contract.md, Operations)."""

# ruff: noqa: N815 - the wire's own spelling

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AliasChoices, BaseModel, Field

from visavis.api.parameters import IN_QUERY, Parameters
from visavis.types import ImageBase64, ImageSource

_DATA_URI = re.compile(r"data:image/[A-Za-z0-9.+-]+;base64,")

Text = Annotated[str, Field(min_length=1, max_length=255)]


class FaceImage(Parameters):
    """A picture as Base64, with or without a data URI's prefix."""

    face_image: Annotated[str, Field(min_length=1)]

    def source(self, max_bytes: int) -> ImageSource:
        prefix = _DATA_URI.match(self.face_image)
        return ImageBase64(self.face_image[prefix.end() if prefix else 0 :], max_bytes)


class _CollectionFirst(Parameters):
    collection_id: Annotated[str, Field(min_length=1)]


class _Named(_CollectionFirst):
    """The document's table and its sample disagree on the name of the name."""

    name: Annotated[Text, Field(validation_alias=AliasChoices("requestName", "userName"))]


class _Labelled(_CollectionFirst):
    name: Annotated[Text, Field(validation_alias=AliasChoices("userName", "requestName"))]


class SearchFace(FaceImage, _Named):
    pass


class AddFace(FaceImage, _Labelled):
    pass


class DeleteFace(Parameters):
    collection_id: Annotated[str, Field(min_length=1), IN_QUERY]
    face_id: Annotated[str, Field(min_length=1), IN_QUERY]


class ListFaces(Parameters):
    collection_id: Annotated[str, Field(min_length=1), IN_QUERY]
    page: Annotated[int, Field(ge=1, le=1_000_000), IN_QUERY]
    term: Annotated[str | None, Field(min_length=6, max_length=255), IN_QUERY] = None


class Option(BaseModel):
    """What was applied; with liveness off the score is 0 and the threshold the configured one."""

    option_liveness: bool
    liveNess_threshold: float
    liveNessScore: float
    policy_similarity: float


class SearchFaceAnswer(BaseModel):
    message: str
    searchId: str
    requestName: str
    userName: str
    option: Option
    faceIdList: list[str]


class AddFaceAnswer(BaseModel):
    message: str
    faceId: str
    metaFaceId: str
    option: Option


class DeleteFaceAnswer(BaseModel):
    message: str


class ListedFace(BaseModel):
    collection_id: str
    face_id: str
    user_name: str
    create_time: str
    meta_face_id: str


class ListFacesAnswer(BaseModel):
    message: str
    result: list[ListedFace]
    totalCount: int
