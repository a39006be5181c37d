"""Which faces are taken, and what names may look like."""

from __future__ import annotations

import re
from collections.abc import Sequence

from visavis.errors import ErrorCode, FaceError
from visavis.types import DetectedFace, Pose

MAX_TURN_DEGREES = 45.0
"""Faces turned further, in yaw or pitch, are not registered (seed 000, Input Image Guide)."""

_GROUP_ID = re.compile(r"[a-z0-9-]{1,255}")


def select(faces: Sequence[DetectedFace], limit: int) -> list[DetectedFace]:
    """The faces to register out of `faces`, which carry their pose and are sorted largest first.

    The limit counts before the turn does: when the largest face is turned away, a bystander behind it must not be
    registered in its place.
    """
    return [face for face in faces[:limit] if not is_turned_away(face.pose)]


def is_turned_away(pose: Pose | None) -> bool:
    return pose is not None and max(abs(pose.yaw), abs(pose.pitch)) > MAX_TURN_DEGREES


def largest(faces: Sequence[DetectedFace]) -> DetectedFace:
    """The face a search, a verification or a comparison is about. Raises NO_FACE."""
    if not faces:
        raise FaceError(ErrorCode.NO_FACE, "No face of at least 60 x 60 pixels was found in the image.")
    return faces[0]


def is_group_id(name: str) -> bool:
    return _GROUP_ID.fullmatch(name) is not None
