"""Answers of the operations, with Python's names. Fields that a newer server adds are ignored."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)


class Box(_Answer):
    """Left, top, right, bottom as fractions of the picture's width and height, in [0, 1]."""

    x0: float
    y0: float
    x1: float
    y1: float


class Landmark(_Answer):
    """One of the five points of a face, in fractions of width and height; left and right as in the picture."""

    type: Literal["leftEye", "rightEye", "nose", "leftLip", "rightLip"]
    x: float
    y: float


class Orientation(_Answer):
    """Head angles in degrees."""

    yaw: float = Field(alias="x")
    pitch: float = Field(alias="y")
    roll: float = Field(alias="z")


class Face(_Answer):
    """A face in a picture. Fields that were not requested are None."""

    box: Box = Field(alias="bbox")
    landmarks: tuple[Landmark, ...] = ()
    orientation: Orientation | None = None
    mask: bool | None = None
    spoofing: bool | None = None
    confidence: float
    """Confidence of the detector, 0-100."""


class StoredFace(_Answer):
    """A registered face; `box` is its box in the picture, which the server does not store."""

    face_id: str
    image_id: str
    external_image_id: str | None = None
    box: Box = Field(alias="bbox")
    confidence: float


class Group(_Answer):
    """A group of faces."""

    group_id: str
    created_at: Annotated[datetime, AfterValidator(lambda time: time.replace(tzinfo=UTC))] = Field(
        alias="createTime"
    )
    face_count: int


class Registration(_Answer):
    """The result of a registration. `added` and `added_details` describe the same faces in the same order."""

    added: tuple[StoredFace, ...] = Field(alias="addedFaces")
    added_details: tuple[Face, ...] = Field(alias="addedFaceDetails")
    not_added: tuple[Face, ...] = Field(alias="notAddedFaces")
    not_added_reasons: tuple[str, ...] = ()
    """Why each face of `not_added` was not added: `pose`, `poor`, `quality`, `quota` or `limit`. Visavis only."""
    quota_exceeded: bool = False
    """Whether faces were left out because the group is full."""


class Match(_Answer):
    """A registered face and its similarity, 0-100."""

    face: StoredFace
    similarity: float


class SearchResult(_Answer):
    """Matches, best first, and the probe: None in a search by face id."""

    matches: tuple[Match, ...] = Field(alias="matchFaces")
    source_face: Face | None = None


class ComparedFace(_Answer):
    """A face of the target picture and its similarity with the source face, 0-100."""

    face: Face = Field(alias="faceDetail")
    similarity: float


class Comparison(_Answer):
    """The faces of the target picture that reach the threshold, and the others, best first."""

    matched: tuple[ComparedFace, ...] = Field(alias="matchedFaceDetails")
    unmatched: tuple[ComparedFace, ...] = Field(alias="unmatchedFaceDetails")
    source_face: Face


class Verification(_Answer):
    """The similarity, 0-100, of a registered face and the largest face of a picture."""

    similarity: float
    face: StoredFace
    source_face: Face


class Faces(_Answer):
    """The faces of a picture, largest first."""

    faces: tuple[Face, ...] = Field(alias="faceDetails")


class GroupPage(_Answer):
    groups: tuple[_GroupId, ...]
    next_token: str

    @property
    def items(self) -> tuple[str, ...]:
        return tuple(group.group_id for group in self.groups)


class FacePage(_Answer):
    faces: tuple[StoredFace, ...]
    next_token: str

    @property
    def items(self) -> tuple[StoredFace, ...]:
        return self.faces


class _GroupId(_Answer):
    group_id: str


class Header(_Answer):
    """The header of an answer (v2.0, Common Response)."""

    is_successful: bool
    result_code: int
    result_message: str
