"""Parameters and answers of the Search Face operations (seed 002; contract.md, Operations)."""

# ruff: noqa: N815 - the wire's own spelling

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field, model_validator
from pydantic.fields import FieldInfo

from visavis.api.described import Described
from visavis.core import policy
from visavis.core.group_settings import BOUNDS
from visavis.types import ImageBase64, ImageSource
from visavis.web.parameters import IN_QUERY, Parameters

_DATA_URI = re.compile(r"\s*data:[^,;]*(?:;[^,;]*)*;base64,", re.IGNORECASE)

Text = Annotated[str, Field(min_length=1, max_length=policy.MAX_LABEL, pattern=policy.NO_NUL)]


Picture = Annotated[str, Field(min_length=1)]


class FaceImage(Parameters):
    face_image: Picture
    """The picture's file in Base64, with or without a prefix such as `data:image/jpeg;base64,`."""

    def source(self, max_bytes: int) -> ImageSource:
        return _source(self.face_image, max_bytes)


class CompareFaces(Parameters):
    """Two pictures. `callbackUrl`, which clients of the original may send, is ignored."""

    origin_face: Picture
    """A picture's file in Base64, with or without a prefix such as `data:image/jpeg;base64,`."""
    target_face: Picture
    """The picture that it is compared with, in the same form."""

    def sources(self, max_bytes: int) -> tuple[ImageSource, ImageSource]:
        return _source(self.origin_face, max_bytes), _source(self.target_face, max_bytes)


def _source(text: str, max_bytes: int) -> ImageSource:
    prefix = _DATA_URI.match(text)
    return ImageBase64(text[prefix.end() if prefix else 0 :], max_bytes)


class _CollectionFirst(Parameters):
    collection_id: Annotated[str, Field(min_length=1)]
    """The collection: the id of a group."""


class _Named(_CollectionFirst):
    """Parameters with a name, which the document calls `requestName` in its table and `userName` in its sample."""

    name: Annotated[Text, Field(validation_alias=AliasChoices("requestName", "userName"))]
    """Who is looked for, for your own records; also as `userName`."""


class _Labelled(_CollectionFirst):
    name: Annotated[Text, Field(validation_alias=AliasChoices("userName", "requestName"))]
    """Whose face it is; also as `requestName`."""


class SearchFace(FaceImage, _Named):
    pass


class AddFace(FaceImage, _Labelled):
    pass


class DeleteFace(Parameters):
    collection_id: Annotated[str, Field(min_length=1), IN_QUERY]
    """The collection: the id of a group."""
    face_id: Annotated[str, Field(min_length=1), IN_QUERY]
    """The face."""


class ListFaces(Parameters):
    collection_id: Annotated[str, Field(min_length=1), IN_QUERY]
    """The collection: the id of a group."""
    page: Annotated[int, Field(ge=1, le=1_000_000), IN_QUERY]
    """Which page, from 1; a page has 50 faces."""
    term: Annotated[
        str | None, Field(min_length=5, max_length=policy.MAX_LABEL, pattern=policy.NO_NUL), IN_QUERY
    ] = None
    """Only faces whose name or id contains this; nothing for all of them."""

    @model_validator(mode="before")
    @classmethod
    def _an_empty_term_is_none(cls, data: Any) -> Any:
        return {name: value for name, value in data.items() if (name, value) != ("term", "")}


def _bounded(setting: str) -> FieldInfo:
    """For the OpenAPI document only: stored values are returned as they are."""
    bounds = BOUNDS[setting]
    field: FieldInfo = Field(json_schema_extra={"minimum": bounds.least, "maximum": bounds.most})
    return field


class Option(Described):
    """The settings that were applied. If liveness is off, the score is 0 and the threshold is the group's."""

    option_liveness: bool
    """Whether the collection asks for living faces."""
    liveNess_threshold: Annotated[float, _bounded("liveness_threshold")]
    """Least score of a living face, 0 to 100."""
    liveNessScore: float
    """The face's score; 0 where it is not asked for."""
    policy_similarity: Annotated[float, _bounded("similarity")]
    """Minimum similarity of a match, 0 to 100."""


class FoundFace(Described):
    face_id: str
    """The server's id of the face."""
    user_name: str
    """Whose face it is."""
    similarity_score: float
    """How alike the two faces are, 0 to 100."""


class SearchFaceAnswer(Described):
    message: str
    """`success`."""
    searchId: str
    """An id of this search."""
    requestName: str
    """The name that was sent."""
    userName: str
    """The name that was sent, again."""
    option: Option
    """The collection's settings as they were applied."""
    faceIdList: list[str]
    """The faces that match, best first."""
    result: list[FoundFace]
    """The faces that match with their names and similarities, best first."""


class AddFaceAnswer(Described):
    message: str
    """`success`."""
    faceId: str
    """The server's id of the face."""
    metaFaceId: str
    """The server's id of the picture."""
    option: Option
    """The collection's settings as they were applied."""


class DeleteFaceAnswer(Described):
    message: str
    """`success`."""


class ListedFace(Described):
    collection_id: str
    """The collection's id."""
    face_id: str
    """The server's id of the face."""
    user_name: str
    """Whose face it is."""
    create_time: str
    """When it was added, UTC."""
    meta_face_id: str
    """The server's id of the picture."""


class ListFacesAnswer(Described):
    message: str
    """`success`."""
    result: list[ListedFace]
    """The faces, newest first."""
    totalCount: int
    """Faces on all pages."""


class BoundingBox(Described):
    """Fractions of the picture's width and height, in [0, 1]; all 0 where there is no face."""

    Width: float
    """Width of the box."""
    Height: float
    """Height of the box."""
    Left: float
    """Left edge of the box."""
    Top: float
    """Upper edge of the box."""


class ComparedFace(Described):
    isAvailable: bool
    """Whether the picture has a face; the largest is compared."""
    boundingBox: BoundingBox
    """Where the face is."""
    confidence: Annotated[float, Field(examples=[0.94])]
    """How sure the detector is, 0 to 1."""


class SimilarityScore(Described):
    score: float
    """How alike the two faces are, 0 to 1; 0 where a face is missing or too poor to be compared."""
    threshold: float
    """Least score of a match."""
    isMatch: bool
    """Whether the score reaches the threshold."""


class Comparison(Described):
    face: ComparedFace
    """The face of `originFace`."""
    targetFace: ComparedFace
    """The face of `targetFace`."""
    similarity: Annotated[SimilarityScore, Field(examples=[{"score": 0.973, "threshold": 0.8, "isMatch": True}])]
    """How alike they are."""


class CompareFacesAnswer(Described):
    apiType: Literal["compare_face"]
    """Always `compare_face`."""
    transactionId: str
    """An id of this comparison."""
    result: Comparison
    """What was compared, and how alike it is."""
