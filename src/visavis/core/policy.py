"""Rules: which faces may be registered and compared, and which names are valid."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from visavis.errors import ErrorCode, ServiceError
from visavis.types import DetectedFace, GroupSettings, Pose, Quality, Refusal, Sensitivity

MAX_TURN_DEGREES = 45.0
"""Faces turned further, in yaw or pitch, are not registered (seed 000, Input Image Guide)."""

LIVENESS_REQUIRED = {Sensitivity.WEAK: 30.0, Sensitivity.BALANCED: 50.0, Sensitivity.STRICT: 70.0}
"""A face of less liveness, 0-100, is called a spoof. All liveness networks are scaled to these numbers."""

EXTERNAL_IMAGE_ID = r"[a-zA-Z0-9_.\-:]{1,255}"
"""Regular expression of a valid external image id."""

MAX_LABEL = 255
NO_NUL = r"^[^\x00]*$"
"""Regular expression of a label in Search Face, stored as external image id. PostgreSQL cannot store NUL."""

NO_FACE = "No face of at least 60 x 60 pixels was found in the image."

_GROUP_ID = re.compile(r"[A-Za-z0-9_.-]{1,255}")
_PLAIN_GROUP_ID = re.compile(r"[a-z0-9-]{1,255}")


def refusals(faces: Sequence[DetectedFace], limit: int, settings: GroupSettings) -> list[Refusal | None]:
    """For each of `faces`, why it is not registered; None where it is.

    The faces are sorted largest first and carry their pose and comparability, and their quality if the group asks
    for any. The limit is applied first: when the largest face is turned away, a bystander behind it must not be
    registered instead.
    """
    within = [_flawed(face, settings) for face in faces[:limit]]
    return [*within, *[Refusal.LIMIT] * (len(faces) - len(within))]


def _flawed(face: DetectedFace, settings: GroupSettings) -> Refusal | None:
    if is_turned_away(face.pose):
        return Refusal.POSE
    if not is_comparable(face, settings.min_comparability):
        return Refusal.POOR
    return Refusal.QUALITY if is_too_poor(face.quality, settings.min_quality) else None


def is_comparable(face: DetectedFace, asked_for: float) -> bool:
    """Whether comparability reaches `asked_for`, 0-100. Comparability that was not measured does not."""
    return asked_for <= 0 or (face.comparability is not None and face.comparability.score >= asked_for)


def incomparable(face: DetectedFace, asked_for: float) -> str:
    """Why a face is too poor to be compared, in a sentence; empty if it is not."""
    if is_comparable(face, asked_for):
        return ""
    if face.comparability is None:
        return "Whether the face can be compared could not be measured."
    return f"The face is too poor to be compared: it is {face.comparability.defect}."


def is_too_poor(quality: Quality | None, asked_for: float) -> bool:
    """Whether quality is below `asked_for`, 0-100. Quality that was not measured counts as too low."""
    return asked_for > 0 and (quality is None or quality.score < asked_for)


def is_turned_away(pose: Pose | None) -> bool:
    return pose is not None and max(abs(pose.yaw), abs(pose.pitch)) > MAX_TURN_DEGREES


def judged(faces: Sequence[DetectedFace], sensitivity: Sensitivity | None) -> list[DetectedFace]:
    """The faces with a verdict on their liveness; unchanged if `sensitivity` is None."""
    if sensitivity is None:
        return list(faces)
    return [replace(face, spoof=is_spoof(face.liveness, sensitivity)) for face in faces]


def is_spoof(liveness: float | None, sensitivity: Sensitivity) -> bool:
    """Whether liveness, 0-100, is too low for this sensitivity. None, not measured, counts as too low."""
    return liveness is None or liveness < LIVENESS_REQUIRED[sensitivity]


def largest(faces: Sequence[DetectedFace]) -> DetectedFace:
    """The largest face: the probe of a search, a verification or a comparison. Raises NO_FACE."""
    if not faces:
        raise ServiceError(ErrorCode.NO_FACE, NO_FACE)
    return faces[0]


def is_group_id(name: str) -> bool:
    """Whether a group may have this id. `.` and `..` are none: in a path they name another one."""
    return _GROUP_ID.fullmatch(name) is not None and name not in {".", ".."}


def is_plain_group_id(name: str) -> bool:
    """Whether the NHN dialects can create a group of this id."""
    return _PLAIN_GROUP_ID.fullmatch(name) is not None


def is_external_image_id(text: str) -> bool:
    return re.fullmatch(EXTERNAL_IMAGE_ID, text) is not None


def is_label(text: str) -> bool:
    """Whether a face may have this external image id by any API."""
    return 0 < len(text) <= MAX_LABEL and "\0" not in text


def is_face_id(text: str) -> bool:
    """Whether a face or its picture may have this id. The server makes UUIDs; an archive may bring others."""
    return is_external_image_id(text)
