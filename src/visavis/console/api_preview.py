"""A picture that somebody shows the console, as a request of the API would carry it, and what is told of it."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from visavis.console.pictures import Upload
from visavis.console.request_context import RequestContext
from visavis.core import policy
from visavis.core.api_preview import Preview, PreviewRequest, SentPicture
from visavis.errors import ErrorCode, ServiceError
from visavis.types import DetectedFace, ImageBytes, ImageSize, ImageUrl

_OURS = frozenset({ErrorCode.INTERNAL, ErrorCode.OVERLOADED})
"""Errors that are not about what was sent."""

_PLAIN_NAME = re.compile(r"\w[\w.-]{0,99}")
_HOST = re.compile(r"[\w.\-\[\]:]+")
"""Part of commands, and so nothing that a shell could take for one."""
_PNG = b"\x89PNG"


def sent(upload: Upload, name: str, role: str) -> SentPicture:
    """A picture of the form: its file, or its URL. Raises INVALID_PARAMETER."""
    source = upload.picture(name)
    if isinstance(source, ImageUrl):
        return SentPicture(role, "", source.url)
    data = upload.fields[name]
    return SentPicture(role, _file_name(upload.text(f"{name}_name"), data), data=data)


def loaded(context: RequestContext, picture: SentPicture) -> SentPicture:
    """The picture with its file, which is fetched if there is only a URL. Raises image errors."""
    limit = context.services.previews.max_image_bytes
    source = ImageUrl(picture.url, limit) if picture.url else ImageBytes(picture.data or b"", limit)
    return replace(picture, data=context.services.faces.load(source))


def question(
    context: RequestContext, operation: str, pictures: Sequence[SentPicture], **options: bool | int
) -> PreviewRequest:
    """What would be asked of the API at the address that the console is open at."""
    host = context.request.url.netloc
    origin = f"{context.request.url.scheme}://{host if _HOST.fullmatch(host) else 'localhost'}{context.outside}"
    return PreviewRequest(operation, context.app, tuple(pictures), options, origin)


def problem(context: RequestContext, error: ServiceError) -> dict[str, Any]:
    """What went wrong, in the reader's words and in those of X-Error-Detail. Raises what is our own fault."""
    if error.code in _OURS:
        raise error
    return {
        "code": error.code,
        "sentence": context.words(f"error.{error.code}"),
        "detail": error.detail,
        "place": error.subject,
    }


def description(size: ImageSize, faces: Sequence[DetectedFace], picture: SentPicture) -> dict[str, Any]:
    """A picture for scripts: pixels, degrees, 0-100. One that was fetched goes along, to be shown and let go."""
    data = base64.b64encode(picture.data).decode() if picture.url and picture.data else None
    return {
        "width": size.width,
        "height": size.height,
        "faces": [_face(face, size) for face in faces],
        "data": data,
    }


def reply(given: Preview) -> Mapping[str, Any]:
    return asdict(given)


def _face(face: DetectedFace, size: ImageSize) -> dict[str, Any]:
    inside, pose, quality = face.box.clipped(size), face.pose, face.quality
    return {
        "box": [inside.x0, inside.y0, inside.x1, inside.y1],
        "points": asdict(face.landmarks),
        "detection": 100 * face.detection_score,
        "pose": pose and asdict(pose),
        "turned_away": policy.is_turned_away(pose),
        "mask": face.mask,
        "liveness": face.liveness,
        "spoof": face.spoof,
        "quality": quality and {**asdict(quality), "defect": quality.defect and quality.defect.name.lower()},
    }


def _file_name(name: str, data: bytes) -> str:
    """The file's own name, if no shell and no form could take it for something else."""
    if _PLAIN_NAME.fullmatch(name):
        return name
    return "picture.png" if data.startswith(_PNG) else "picture.jpg"
