"""What the NHN dialects' answers are made of (seed 000, Response body data)."""

# ruff: noqa: N815 - the wire's own spelling

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel


class BoundingBox(BaseModel):
    """Fractions of the picture's width and height, in [0, 1]."""

    x0: float
    y0: float
    x1: float
    y1: float


class Landmark(BaseModel):
    """One of the five points of a face; left and right as seen in the picture."""

    type: Literal["leftEye", "rightEye", "nose", "leftLip", "rightLip"]
    x: float
    y: float


class Orientation(BaseModel):
    """Head angles in degrees: x yaw, y pitch, z roll."""

    x: float
    y: float
    z: float


class FaceDetail(BaseModel):
    """A face found in the picture that was sent; orientation, mask and spoofing only if they were asked for."""

    bbox: BoundingBox
    landmarks: list[Landmark]
    orientation: Orientation | None = None
    mask: bool | None = None
    spoofing: bool | None = None
    confidence: float


class StoredFace(BaseModel):
    """A registered face."""

    bbox: BoundingBox
    faceId: str
    imageId: str
    externalImageId: str | None = None
    confidence: float


class DetectData(BaseModel):
    faceDetailCount: int
    faceDetails: list[FaceDetail]


class RegisterData(BaseModel):
    """`addedFaceDetails` tells of `addedFaces`, in the same order, what is not stored."""

    addedFaceCount: int
    addedFaces: list[StoredFace]
    addedFaceDetails: list[FaceDetail]
    notAddedFaceCount: int
    notAddedFaces: list[FaceDetail]


class GroupId(BaseModel):
    groupId: str


class GroupListData(BaseModel):
    groupCount: int
    groups: list[GroupId]
    nextToken: str


class GroupData(BaseModel):
    groupId: str
    createTime: str
    faceCount: int


class FaceListData(BaseModel):
    faceCount: int
    faces: list[StoredFace]
    nextToken: str


class MatchFace(BaseModel):
    face: StoredFace
    similarity: float


class SearchData(BaseModel):
    """`sourceFace` is the probe; a search by face id has none."""

    matchFaceCount: int
    matchFaces: list[MatchFace]
    sourceFace: FaceDetail | None = None


class ComparedFace(BaseModel):
    """`mask` stands twice: the document's tables put it here, its samples into `faceDetail`."""

    faceDetail: FaceDetail
    mask: bool | None = None
    similarity: float


class CompareData(BaseModel):
    matchedFaceDetailCount: int
    matchedFaceDetails: list[ComparedFace]
    unmatchedFaceDetailCount: int
    unmatchedFaceDetails: list[ComparedFace]
    sourceFace: FaceDetail


class VerifyData(BaseModel):
    """`face` is the registered face, `sourceFace` the one in the picture that was sent."""

    similarity: float
    face: StoredFace
    sourceFace: FaceDetail


class ModelVersion(BaseModel):
    """What v1 and Plus add to many answers: the recognition model (contract.md 18)."""

    modelVersion: str


class ModelledGroupId(GroupId, ModelVersion):
    pass


class ModelledGroupListData(BaseModel):
    groupCount: int
    groups: list[ModelledGroupId]
    nextToken: str


class ModelledGroup(GroupData, ModelVersion):
    pass


class GroupDetailsData(BaseModel):
    """v1 and Plus: always one group."""

    groupCount: int
    groups: list[ModelledGroup]


class ModelledRegisterData(RegisterData, ModelVersion):
    pass


class ModelledFaceListData(FaceListData, ModelVersion):
    pass


class ModelledCompareData(CompareData, ModelVersion):
    pass


class BareFace(BaseModel):
    """v1's `sourceFace`."""

    bbox: BoundingBox
    confidence: float


class SearchDataV1(BaseModel):
    matchFaceCount: int
    matchFaces: list[MatchFace]
    sourceFace: BareFace


class CompareDataV1(ModelVersion):
    matchedFaceDetailCount: int
    matchedFaceDetails: list[ComparedFace]
    unmatchedFaceDetailCount: int
    unmatchedFaceDetails: list[ComparedFace]
    sourceFace: BareFace


class SpoofData(BaseModel):
    faceDetailCount: int
    faceDetails: list[FaceDetail]
