"""Parameters and answers of the Search Face operations (seed 002; contract.md, Operations)."""

# ruff: noqa: N815 - the wire's own spelling

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AliasChoices, Field
from pydantic.fields import FieldInfo

from visavis.api.described import Described
from visavis.core import policy
from visavis.core.group_settings import BOUNDS
from visavis.types import ImageBase64, ImageSource
from visavis.web.parameters import IN_QUERY, Parameters

_DATA_URI = re.compile(r"data:image/[A-Za-z0-9.+-]+;base64,")

Text = Annotated[str, Field(min_length=1, max_length=policy.MAX_LABEL, pattern=policy.NO_NUL)]


class FaceImage(Parameters):
    """A picture as Base64, with or without a data URI's prefix."""

    face_image: Annotated[str, Field(min_length=1)]
    """The picture's file in Base64, with or without a prefix such as `data:image/jpeg;base64,`."""

    def source(self, max_bytes: int) -> ImageSource:
        prefix = _DATA_URI.match(self.face_image)
        return ImageBase64(self.face_image[prefix.end() if prefix else 0 :], max_bytes)


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
        str | None, Field(min_length=6, max_length=policy.MAX_LABEL, pattern=policy.NO_NUL), IN_QUERY
    ] = None
    """Only faces whose name contains this."""


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
    """Least similarity of a match, 0 to 100."""


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
