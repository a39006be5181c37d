"""The data in answers of the NHN dialects (seed 000, Response body data)."""

# ruff: noqa: N815 - the wire's own spelling

from __future__ import annotations

from typing import Literal

from visavis.api.described import Described


class BoundingBox(Described):
    """Fractions of the picture's width and height, in [0, 1]."""

    x0: float
    """Left."""
    y0: float
    """Top."""
    x1: float
    """Right."""
    y1: float
    """Bottom."""


class Landmark(Described):
    """One of the five points of a face; left and right as seen in the picture."""

    type: Literal["leftEye", "rightEye", "nose", "leftLip", "rightLip"]
    """Which point; `leftLip` and `rightLip` are the corners of the mouth."""
    x: float
    """Fraction of the picture's width."""
    y: float
    """Fraction of the picture's height."""


class Orientation(Described):
    """Head angles in degrees: x yaw, y pitch, z roll."""

    x: float
    """Yaw."""
    y: float
    """Pitch."""
    z: float
    """Roll."""


class FaceDetail(Described):
    """A face found in the picture that was sent; orientation, mask and spoofing only if they were requested."""

    bbox: BoundingBox
    """Where the face is."""
    landmarks: list[Landmark]
    """Five points of the face."""
    orientation: Orientation | None = None
    """How the head is turned."""
    mask: bool | None = None
    """Whether a mask covers mouth and nose."""
    spoofing: bool | None = None
    """Whether the face is a print or a screen."""
    confidence: float
    """How sure the detector is, 0 to 100."""


class StoredFace(Described):
    """A registered face."""

    bbox: BoundingBox
    """Where the face is in the picture it was registered with."""
    faceId: str
    """The server's id of the face."""
    imageId: str
    """The server's id of the picture."""
    externalImageId: str | None = None
    """Your own id of the picture."""
    confidence: float
    """How sure the detector is, 0 to 100."""


class DetectData(Described):
    faceDetailCount: int
    """Length of `faceDetails`."""
    faceDetails: list[FaceDetail]
    """The faces, largest first."""


class RegisterData(Described):
    """`addedFaceDetails` describes `addedFaces` in the same order, with traits that are not stored."""

    addedFaceCount: int
    """Length of `addedFaces`."""
    addedFaces: list[StoredFace]
    """The faces that were registered, largest first."""
    addedFaceDetails: list[FaceDetail]
    """The registered faces, as found in the picture."""
    notAddedFaceCount: int
    """Length of `notAddedFaces`."""
    notAddedFaces: list[FaceDetail]
    """The faces that were not registered."""


class GroupId(Described):
    groupId: str
    """The group's id."""


class GroupListData(Described):
    groupCount: int
    """Length of `groups`."""
    groups: list[GroupId]
    """The groups, by ascending id."""
    nextToken: str
    """Token of the next page, empty on the last."""


class GroupData(Described):
    groupId: str
    """The group's id."""
    createTime: str
    """When the group was created: `YYYY-MM-DDTHH:MM:SS`, UTC."""
    faceCount: int
    """Faces in the whole group."""


class FaceListData(Described):
    faceCount: int
    """Length of `faces`."""
    faces: list[StoredFace]
    """The faces, newest first."""
    nextToken: str
    """Token of the next page, empty on the last."""


class MatchFace(Described):
    face: StoredFace
    """The registered face."""
    similarity: float
    """How alike the two faces are, 0 to 100."""


class SearchData(Described):
    """`sourceFace` is the probe; a search by face id has none."""

    matchFaceCount: int
    """Length of `matchFaces`."""
    matchFaces: list[MatchFace]
    """The faces that match, best first."""
    sourceFace: FaceDetail | None = None
    """The face that was looked for."""


class ComparedFace(Described):
    faceDetail: FaceDetail
    """A face of the target."""
    similarity: float
    """How alike the two faces are, 0 to 100."""


class ComparedFaceV2(ComparedFace):
    """`mask` comes twice: v2's tables put it here, its samples into `faceDetail`."""

    mask: bool | None = None
    """Whether a mask covers mouth and nose, as in `faceDetail`."""


class CompareData(Described):
    matchedFaceDetailCount: int
    """Length of `matchedFaceDetails`."""
    matchedFaceDetails: list[ComparedFaceV2]
    """The target's faces that match, best first."""
    unmatchedFaceDetailCount: int
    """Length of `unmatchedFaceDetails`."""
    unmatchedFaceDetails: list[ComparedFaceV2]
    """The target's other faces."""
    sourceFace: FaceDetail
    """The source's face."""


class VerifyData(Described):
    """`face` is the registered face, `sourceFace` the one in the picture that was sent."""

    similarity: float
    """How alike the two faces are, 0 to 100."""
    face: StoredFace
    """The registered face."""
    sourceFace: FaceDetail
    """The picture's face."""


class ModelVersion(Described):
    """The recognition model, which v1 and Plus add to many answers (contract.md 18)."""

    modelVersion: str
    """The recognition model of the group."""


class ModelledGroupId(GroupId, ModelVersion):
    pass


class ModelledGroupListData(Described):
    groupCount: int
    """Length of `groups`."""
    groups: list[ModelledGroupId]
    """The groups, by ascending id."""
    nextToken: str
    """Token of the next page, empty on the last."""


class ModelledGroup(GroupData, ModelVersion):
    pass


class GroupDetailsData(Described):
    """Details of a group in v1 and Plus: a list of one group."""

    groupCount: int
    """Length of `groups`."""
    groups: list[ModelledGroup]
    """The group."""


class ModelledRegisterData(RegisterData, ModelVersion):
    pass


class ModelledFaceListData(FaceListData, ModelVersion):
    pass


class ModelledSearchData(SearchData, ModelVersion):
    """A search in v1 and Plus. The samples of the documents have the model, their tables do not."""


class ModelledCompareData(ModelVersion):
    """A comparison in v1 and Plus."""

    matchedFaceDetailCount: int
    """Length of `matchedFaceDetails`."""
    matchedFaceDetails: list[ComparedFace]
    """The target's faces that match, best first."""
    unmatchedFaceDetailCount: int
    """Length of `unmatchedFaceDetails`."""
    unmatchedFaceDetails: list[ComparedFace]
    """The target's other faces."""
    sourceFace: FaceDetail
    """The source's face."""


class SpoofData(Described):
    faceDetailCount: int
    """Length of `faceDetails`."""
    faceDetails: list[FaceDetail]
    """The faces, largest first."""
