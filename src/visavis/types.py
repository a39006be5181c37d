"""Types that every package shares: boxes, landmarks, faces, records, matches.

Pixel coordinates have their origin in the top left corner of the decoded, EXIF-upright picture; x grows to the
right, y downwards. "Left" and "right" are as seen in the picture, not by the person in it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias, TypedDict

import numpy as np
from numpy.typing import NDArray

Embedding: TypeAlias = NDArray[np.float32]
"""One face as a unit vector, float32, shape (d,); a batch of them has shape (n, d)."""

Point: TypeAlias = tuple[float, float]
"""(x, y)"""


@dataclass(frozen=True, slots=True)
class ImageSize:
    """Width and height of a decoded picture, in pixels."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-parallel rectangle: (x0, y0) top left, (x1, y1) bottom right."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def area(self) -> float:
        return self.width * self.height

    def clipped(self, size: ImageSize) -> Box:
        """The part of the box that lies inside a picture of this size."""
        return Box(
            min(max(self.x0, 0.0), size.width),
            min(max(self.y0, 0.0), size.height),
            min(max(self.x1, 0.0), size.width),
            min(max(self.y1, 0.0), size.height),
        )

    def relative_to(self, size: ImageSize) -> Box:
        """The box in fractions of the picture's width and height, each in [0, 1] (contract.md 10)."""
        inside = self.clipped(size)
        return Box(
            inside.x0 / size.width, inside.y0 / size.height, inside.x1 / size.width, inside.y1 / size.height
        )


@dataclass(frozen=True, slots=True)
class Landmarks:
    """The five points of a face, in pixels; left and right as seen in the picture."""

    left_eye: Point
    right_eye: Point
    nose: Point
    left_lip: Point
    right_lip: Point

    def as_array(self) -> NDArray[np.float32]:
        """Shape (5, 2), in the order of the fields."""
        return np.array(
            [self.left_eye, self.right_eye, self.nose, self.left_lip, self.right_lip], dtype=np.float32
        )


@dataclass(frozen=True, slots=True)
class Pose:
    """Head angles in degrees; the signs are those of docs/api/index.md and are tested on mirrored pictures."""

    yaw: float
    pitch: float
    roll: float


class QualityDefect(StrEnum):
    """The worst defect of a picture of a face, in words for the person who can take a better one."""

    BLURRED = "blurred"
    GRAINY = "grainy"
    TOO_DARK = "too dark"
    TOO_BRIGHT = "too bright"
    LOW_CONTRAST = "low in contrast"
    UNEVENLY_LIT = "unevenly lit"
    TOO_SMALL = "too small"
    TURNED_AWAY = "turned away"
    COVERED = "covered"
    HARD_TO_MAKE_OUT = "hard to make out"
    COMPRESSED = "too heavily compressed"


@dataclass(frozen=True, slots=True)
class Quality:
    """How good a picture of a face is for recognition: 0-100 each, more is better (docs/quality.md)."""

    score: float
    """Overall score; the better of two pictures of a person has the higher score."""
    sharpness: float
    lighting: float
    size: float
    pose: float
    uncovered: float
    """No mask over mouth and nose."""
    detection: float
    """How sure the detector is of the face and of its landmarks."""
    defect: QualityDefect | None
    """The defect that lowers the score most; None if there is none."""


@dataclass(frozen=True, slots=True)
class Comparability:
    """How far a picture of a face is from being too poor to be compared (docs/robustness.md)."""

    score: float
    """0-100. A picture below COMPARABLE cannot distinguish people: strangers match."""
    defect: QualityDefect
    """The worst of: blurred, too dark, too heavily compressed. It has no meaning for a good picture."""


@dataclass(frozen=True, slots=True)
class Traits:
    """Which traits of a face are computed, besides box and landmarks."""

    pose: bool = False
    mask: bool = False
    liveness: bool = False
    quality: bool = False
    comparability: bool = False


class Sensitivity(StrEnum):
    """How readily a face is called a spoof."""

    WEAK = "weak"
    BALANCED = "balanced"
    STRICT = "strict"


@dataclass(frozen=True, slots=True)
class RequestedAttributes:
    """What a request asks about faces; `spoof` is None if it asks for no verdict."""

    pose: bool = False
    mask: bool = False
    spoof: Sensitivity | None = None
    quality: bool = False

    @property
    def traits(self) -> Traits:
        """The traits that must be computed for these attributes."""
        return Traits(self.pose, self.mask, liveness=self.spoof is not None, quality=self.quality)


@dataclass(frozen=True, slots=True)
class DetectedFace:
    """A face found in a picture. Traits that were not requested are None."""

    box: Box
    landmarks: Landmarks
    detection_score: float
    pose: Pose | None = None
    mask: bool | None = None
    liveness: float | None = None
    """0-100: 0 is certainly a print, screen or cut-out, 100 certainly a living face."""
    spoof: bool | None = None
    """The verdict on liveness, by the policy of core."""
    quality: Quality | None = None
    comparability: Comparability | None = None

    def only(self, requested: RequestedAttributes) -> DetectedFace:
        """The face without the traits that `requested` does not ask for."""
        return replace(
            self,
            pose=self.pose if requested.pose else None,
            mask=self.mask if requested.mask else None,
            liveness=self.liveness if requested.spoof else None,
            spoof=self.spoof if requested.spoof else None,
            quality=self.quality if requested.quality else None,
        )


@dataclass(frozen=True, slots=True)
class ImageBytes:
    """A picture that was sent as a file, not decoded yet; at most `max_bytes` long."""

    data: bytes
    max_bytes: int


@dataclass(frozen=True, slots=True)
class ImageBase64:
    """A picture sent as Base64 text. It is decoded only after credentials and parameters (contract.md 4)."""

    text: str
    max_bytes: int


@dataclass(frozen=True, slots=True)
class ImageUrl:
    """A picture to be downloaded; its file has at most `max_bytes`."""

    url: str
    max_bytes: int


ImageSource: TypeAlias = ImageBytes | ImageBase64 | ImageUrl


@dataclass(frozen=True, slots=True)
class OwnScale:
    """A similarity scale that was fitted on this installation's own faces."""

    model: str
    """Name of the recognition model."""
    knots: tuple[tuple[float, float], ...]
    """(cosine, similarity 0-100), both strictly ascending."""
    measured_on: str
    """Description of the faces that it was fitted on."""
    created_at: datetime


COMPARABLE = 50.0
"""The comparability below which a picture of a face holds too little to be compared."""

CENTURY_HOURS = 876_000
"""A hundred years: a longer time is a typing error, and Python's dates have an end."""


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """The settings of a group.

    Liveness and similarity apply to Search Face and the console's door view alone, quality to every registration,
    comparability to every registration and search, retention to every face of the group, recognition events to
    every search and verification of a picture.
    """

    liveness: bool = False
    liveness_threshold: float = 50.0
    similarity: float = 90.0
    min_quality: float = 0.0
    """Faces of less quality, 0-100, are not registered. 0: quality is not checked."""
    min_comparability: float = COMPARABLE
    """Faces of less comparability, 0-100, are neither registered nor matched. 0: comparability is not checked."""
    retention_hours: int = 0
    """A face is deleted this many hours after its registration. 0: it is kept until somebody deletes it."""
    recognition_event_days: int = 0
    """Who was recognised when is recorded, and kept for so many days. 0: nothing is recorded."""
    recognition_event_gap_seconds: int = 60
    """A person seen again at the same door within so many seconds is no new event. 0: every look is one."""

    def expired_by(self, now: datetime) -> datetime | None:
        """Faces registered at this moment or before have expired at `now`; None if faces do not expire."""
        return now - timedelta(hours=self.retention_hours) if self.retention_hours else None


class SettingChanges(TypedDict, total=False):
    """New values of some fields of `GroupSettings`."""

    liveness: bool
    liveness_threshold: float
    similarity: float
    min_quality: float
    min_comparability: float
    retention_hours: int
    recognition_event_days: int
    recognition_event_gap_seconds: int


@dataclass(frozen=True, slots=True)
class Group:
    """A gallery of faces. `id` is the server's number, never reused; `name` is what clients call the group id."""

    id: int
    app_id: int
    name: str
    model: str
    face_count: int
    created_at: datetime
    settings: GroupSettings = GroupSettings()


@dataclass(frozen=True, slots=True)
class NewFace:
    """A face to be stored. `box` is in fractions of the picture, which is not stored."""

    face_id: str
    image_id: str
    external_image_id: str | None
    box: Box
    detection_score: float
    embedding: Embedding
    fingerprint: bytes | None = None
    """The group's fingerprint of the picture's file, if the face is imported; None otherwise."""
    name: str = ""
    """What the person of the external image id is called, unless the person has a name already."""


class Refusal(StrEnum):
    """Why a face was not registered."""

    POSE = "pose"
    """The face is turned away from the camera."""
    POOR = "poor"
    """The picture is too poor for the face to be compared."""
    QUALITY = "quality"
    """The quality is below the group's minimum."""
    QUOTA = "quota"
    """The group is full."""
    LIMIT = "limit"
    """The request asked for fewer faces, and the others are larger."""


@dataclass(frozen=True, slots=True)
class FaceRecord:
    """A stored face without its template. `sequence` grows with every face added to the group."""

    sequence: int
    face_id: str
    image_id: str
    external_image_id: str | None
    box: Box
    detection_score: float
    created_at: datetime


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """A stored face as it was read to search for others like it."""

    embedding: Embedding
    """Shape (d,)."""
    sequence: int
    group_version: int
    """The version that the group had."""


@dataclass(frozen=True, slots=True)
class FaceFilter:
    """Selects the records that match every field that is set."""

    face_id: str | None = None
    image_id: str | None = None
    external_image_id: str | None = None
    label_contains: str | None = None
    """Part of the external image id. Whether case counts in letters beyond ASCII depends on the database."""
    term: str | None = None
    """Part of the external image id or of the face id; case counts as in `label_contains`."""
    registered_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """The faces of a group that share an external image id, which is the person's id."""

    id: str
    name: str
    """What people call the person, in any script; empty if none was given."""
    face_count: int
    newest: datetime
    """When the newest of the faces was registered."""


@dataclass(frozen=True, slots=True)
class Match:
    """A gallery face and its calibrated similarity with the probe, 0-100."""

    face: FaceRecord
    similarity: float
