"""Messages to workers and their answers, as contents and bytes of frames.

A worker has decoded an untrusted file and may be compromised: every answer is checked for shape,
number and range before it is used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from enum import StrEnum
from functools import cache

import numpy as np
from numpy.typing import NDArray

from visavis.errors import ErrorCode, ServiceError
from visavis.types import (
    Box,
    Comparability,
    DetectedFace,
    Embedding,
    ImageSize,
    Landmarks,
    Pose,
    Quality,
    QualityDefect,
    Traits,
)

MAX_FILE_BYTES = 64_000_000
"""Limit for a picture's file that is sent to a worker."""
MAX_FACES = 100
"""Limit for one message; a picture has 20 faces at most."""
MAX_SMALL_FACES = 100_000
MAX_ANSWER_BYTES = 4_000_000
MAX_CONTENT = 64_000
MAX_SIDE = 1_000_000_000
"""Pixels; what is larger is no picture but a mistake."""

_NUMBERS = 15
"""Numbers of a face: box, five landmarks, score."""
_LONGEST_DETAIL = 300
_QUALITY = ("score", "sharpness", "lighting", "size", "pose", "uncovered", "detection")
_OF_PICTURES = frozenset(
    {
        ErrorCode.IMAGE_TOO_LARGE,
        ErrorCode.IMAGE_TOO_SMALL,
        ErrorCode.UNSUPPORTED_IMAGE_FORMAT,
        ErrorCode.NOT_AN_IMAGE,
        ErrorCode.BROKEN_IMAGE,
    }
)


class Do(StrEnum):
    """What a worker can be asked to do."""

    DECODE = "decode"
    FIND = "find"
    DESCRIBE = "describe"
    ALIGNED_LIVENESS = "aligned_liveness"
    EMBED = "embed"
    EMBED_FIRST_VIEW = "embed_first_view"
    CLEAR = "clear"
    """Overwrite the picture; every picture ends with it."""


class Trouble(StrEnum):
    """Why a worker has no answer."""

    PICTURE = "picture"
    """An error of the picture: `code` and `detail` of a ServiceError."""
    NOT_LOADED = "not_loaded"
    """The recognition model is not among those that the worker was started with."""
    MEMORY = "memory"
    BUG = "bug"


class AnswerError(Exception):
    """An invalid answer, which no intact worker gives."""


def picture_error(error: ServiceError) -> dict[str, object]:
    """The answer to a picture that is refused."""
    return {"trouble": Trouble.PICTURE, "code": error.code, "detail": error.detail}


def read_picture_error(content: Mapping[str, object]) -> ServiceError:
    """The error that an answer reports. Raises AnswerError."""
    code, detail = content.get("code"), content.get("detail")
    match code, detail:
        case str(), str() if code in _OF_PICTURES and len(detail) <= _LONGEST_DETAIL:
            return ServiceError(ErrorCode(code), detail)
    raise AnswerError("a refusal that is none")


def read_size(content: Mapping[str, object]) -> ImageSize:
    """Width and height of a decoded picture. Raises AnswerError."""
    size = content.get("size")
    match size:
        case [int(width), int(height)] if 0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE:
            return ImageSize(width, height)
    raise AnswerError("a size that is none")


def faces_bytes(faces: Sequence[DetectedFace]) -> bytes:
    """Boxes, landmarks and scores, without traits: float64, shape (n, 15)."""
    rows = [
        (*_box(face.box), *(number for point in _points(face.landmarks) for number in point), face.detection_score)
        for face in faces
    ]
    return np.array(rows, np.float64).tobytes()


def read_found(data: bytearray, size: ImageSize) -> list[DetectedFace]:
    """The faces of an answer, all inside a picture of this size. Raises AnswerError."""
    faces = read_faces(data)
    for box in (face.box for face in faces):
        if not (0 <= box.x0 <= box.x1 <= size.width and 0 <= box.y0 <= box.y1 <= size.height):
            raise AnswerError("a face beside the picture")
    return faces


def read_small_faces(content: Mapping[str, object]) -> int:
    """The number of faces that are too small to be reported. Raises AnswerError."""
    return int(_number(content.get("small"), 0, MAX_SMALL_FACES))


def read_faces(data: bytearray) -> list[DetectedFace]:
    """The faces of a message. Raises AnswerError."""
    if len(data) % (8 * _NUMBERS) or len(data) > 8 * _NUMBERS * MAX_FACES:
        raise AnswerError("bytes that are no faces")
    rows = np.frombuffer(data, np.float64).reshape(-1, _NUMBERS)
    if not (np.abs(rows) <= MAX_SIDE).all():  # false for what is no number, too
        raise AnswerError("a face that is nowhere")
    if not ((rows[:, -1] >= 0) & (rows[:, -1] <= 1)).all():
        raise AnswerError("a score that is none")
    return [_face(row) for row in rows.tolist()]


def traits_content(faces: Sequence[DetectedFace]) -> list[dict[str, object]]:
    """The traits of faces, those that there are."""
    return [
        {
            name: list(asdict(value).values()) if name in {"pose", "quality", "comparability"} else value
            for name in ("pose", "mask", "liveness", "quality", "comparability")
            if (value := getattr(face, name)) is not None
        }
        for face in faces
    ]


@cache  # a request asks three times, and there are few of them
def wanted_traits(traits: Traits) -> Mapping[str, bool]:
    """Whether each trait is wanted, by its name."""
    return asdict(traits)


def read_traits(
    content: Mapping[str, object], faces: Sequence[DetectedFace], wanted: Traits
) -> list[DetectedFace]:
    """The faces with all requested traits from an answer. Raises AnswerError."""
    answered = content.get("traits")
    names = {name for name, want in wanted_traits(wanted).items() if want}
    if not isinstance(answered, list) or len(answered) != len(faces):
        raise AnswerError("traits of other faces")
    if not all(isinstance(each, dict) and each.keys() == names for each in answered):
        raise AnswerError("other traits than were asked for")
    return [_with_traits(face, each) for face, each in zip(faces, answered, strict=True)]


def read_liveness(content: Mapping[str, object]) -> float:
    """The liveness of a picture that is nothing but a face, 0-100. Raises AnswerError."""
    return _share(content.get("liveness"))


def read_embeddings(data: bytearray, count: int, dimension: int) -> Embedding:
    """Unit vectors, float32, shape (count, dimension). Raises AnswerError."""
    if len(data) != 4 * count * dimension:
        raise AnswerError("embeddings of another shape")
    embeddings: NDArray[np.float32] = np.frombuffer(data, np.float32).reshape(count, dimension)
    # The first condition is false for what is no number, and keeps the squares of the second from overflowing.
    unit = (np.abs(embeddings) <= 1.001).all() and (np.abs(np.linalg.norm(embeddings, axis=1) - 1) <= 1e-3).all()
    if not unit:
        raise AnswerError("embeddings that are no unit vectors")
    return embeddings


def _with_traits(face: DetectedFace, answered: Mapping[str, object]) -> DetectedFace:
    return replace(
        face,
        pose=_pose(answered["pose"]) if "pose" in answered else None,
        mask=_verdict(answered["mask"]) if "mask" in answered else None,
        liveness=_share(answered["liveness"]) if "liveness" in answered else None,
        quality=_quality(answered["quality"]) if "quality" in answered else None,
        comparability=_comparability(answered["comparability"]) if "comparability" in answered else None,
    )


def _box(box: Box) -> tuple[float, float, float, float]:
    return box.x0, box.y0, box.x1, box.y1


def _points(landmarks: Landmarks) -> tuple[tuple[float, float], ...]:
    return landmarks.left_eye, landmarks.right_eye, landmarks.nose, landmarks.left_lip, landmarks.right_lip


def _face(row: list[float]) -> DetectedFace:
    x0, y0, x1, y1, *points, score = row
    left_eye, right_eye, nose, left_lip, right_lip = zip(points[::2], points[1::2], strict=True)
    return DetectedFace(Box(x0, y0, x1, y1), Landmarks(left_eye, right_eye, nose, left_lip, right_lip), score)


def _number(value: object, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise AnswerError("a number that is none, or out of range")
    return float(value)


def _share(value: object) -> float:
    """0-100, and what rounding puts beside it."""
    return _number(value, -1e-6, 100 + 1e-6)


def _verdict(value: object) -> bool:
    if not isinstance(value, bool):
        raise AnswerError("a verdict that is none")
    return value


def _pose(value: object) -> Pose:
    match value:
        case [yaw, pitch, roll]:
            return Pose(*(_number(angle, -1e4, 1e4) for angle in (yaw, pitch, roll)))
    raise AnswerError("a pose that is none")


def _quality(value: object) -> Quality:
    match value:
        case [*shares, defect] if len(shares) == len(_QUALITY):
            named = {name: _share(share) for name, share in zip(_QUALITY, shares, strict=True)}
            return Quality(**named, defect=None if defect is None else _defect(defect))
    raise AnswerError("a quality that is none")


def _comparability(value: object) -> Comparability:
    match value:
        case [score, defect]:
            return Comparability(_share(score), _defect(defect))
    raise AnswerError("a comparability that is none")


def _defect(value: object) -> QualityDefect:
    if not isinstance(value, str) or value not in set(QualityDefect):
        raise AnswerError("a defect that is none")
    return QualityDefect(value)
