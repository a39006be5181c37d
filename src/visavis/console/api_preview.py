"""Pictures in the console: as requests of the API, and as data for scripts."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

from visavis.console.pictures import Upload
from visavis.console.request_context import RequestContext
from visavis.core import policy
from visavis.core.api_preview import Preview, PreviewRequest, SentPicture
from visavis.errors import ErrorCode, ServiceError
from visavis.types import DetectedFace, ImageBytes, ImageSize, ImageUrl

_OURS = frozenset({ErrorCode.INTERNAL, ErrorCode.OVERLOADED})
"""Errors that are not due to the request."""

_PLAIN_NAME = re.compile(r"\w[\w.-]{0,99}")
_HOST = re.compile(r"[\w.\-\[\]:]+")
"""Characters of a host that are safe in a shell command."""
_PNG = b"\x89PNG"


def sent(upload: Upload, name: str, role: str) -> SentPicture:
    """A picture of the form: its file, or its URL. Raises INVALID_PARAMETER."""
    source = upload.picture(name)
    if isinstance(source, ImageUrl):
        return SentPicture(role, "", source.url)
    data = upload.fields[name]
    return SentPicture(role, _file_name(upload.text(f"{name}_name"), data), data=data)


def loaded(context: RequestContext, picture: SentPicture) -> SentPicture:
    """The picture with its bytes, downloaded if it is a URL. Raises image errors."""
    limit = context.services.previews.max_image_bytes
    source = ImageUrl(picture.url, limit) if picture.url else ImageBytes(picture.data or b"", limit)
    return replace(picture, data=context.services.faces.load(source))


def preview_request(
    context: RequestContext, operation: str, pictures: Sequence[SentPicture], **options: bool | int
) -> PreviewRequest:
    """The request to the API, with the origin of the URL in the browser."""
    host = context.request.url.netloc
    origin = f"{context.request.url.scheme}://{host if _HOST.fullmatch(host) else 'localhost'}{context.outside}"
    return PreviewRequest(operation, context.app, tuple(pictures), options, origin)


def problem(context: RequestContext, error: ServiceError) -> dict[str, object]:
    """An error for a script: one sentence in the reader's language. Raises server errors."""
    if error.code in _OURS:
        raise error
    return {"code": error.code, "sentence": context.why(error), "place": error.subject}


def description(size: ImageSize, faces: Sequence[DetectedFace], picture: SentPicture) -> dict[str, object]:
    """A picture and its faces for a script: pixels, degrees, 0-100. Includes the bytes of a downloaded picture."""
    data = base64.b64encode(picture.data).decode() if picture.url and picture.data else None
    return {
        "width": size.width,
        "height": size.height,
        "faces": [_face(face, size) for face in faces],
        "data": data,
    }


def reply(context: RequestContext, given: Preview) -> Mapping[str, object]:
    """An answer of the API for a script, with its X-Error-Detail in the reader's language."""
    return {**asdict(given), "reason": context.reason(given.detail) or ""}


def _face(face: DetectedFace, size: ImageSize) -> dict[str, object]:
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
    """The file's own name if it is safe in shell commands and forms, else a neutral one."""
    if _PLAIN_NAME.fullmatch(name):
        return name
    return "picture.png" if data.startswith(_PNG) else "picture.jpg"
