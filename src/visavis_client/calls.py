"""Describes each operation: its HTTP request, and how to read the answer. Does no input or output.

Both clients use these descriptions, so that an operation is described once (Face Recognition v2.0, "API List").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Generic, TypeVar
from urllib.parse import quote

import httpx

from visavis_client import answers
from visavis_client.errors import InvalidGroupId, ServerError, error_class
from visavis_client.images import Image, Link, Upload, source
from visavis_client.options import Spoofing

T = TypeVar("T")

PARTIAL = 40070
_GROUP_ID = re.compile(r"[A-Za-z0-9_.-]{1,255}")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request, and a function that reads its answer."""

    method: str
    path: str
    """The path below that of the app."""
    read: Callable[[Mapping[str, object]], T]
    params: Mapping[str, str] = field(default_factory=dict)
    json: Mapping[str, object] | None = None
    form: Mapping[str, str] | None = None
    files: Mapping[str, bytes] | None = None
    repeatable: bool = True
    """Whether the call is idempotent: sending it twice has the same effect as once."""


def result(call: Call[T], response: httpx.Response) -> T:
    """The answer of a call. Raises ApiError."""
    try:
        body = response.json()
        header = answers.Header.model_validate(body["header"])
    except (ValueError, KeyError, TypeError) as error:
        status = response.status_code
        message = f"the answer is none of this API, HTTP status {status}"
        raise (ServerError if status < 400 else error_class(status, 0))(
            status, 0, message, None, _retry_after(response)
        ) from error
    if not header.is_successful:
        raise error_class(response.status_code, header.result_code)(
            response.status_code,
            header.result_code,
            header.result_message,
            response.headers.get("x-error-detail"),
            _retry_after(response),
        )
    # Only headers say that a group is full, and why faces were not added.
    reasons = [reason.strip() for reason in response.headers.get("x-not-added", "").split(",") if reason.strip()]
    beside = {"quotaExceeded": header.result_code == PARTIAL, "notAddedReasons": reasons}
    return call.read({**(body.get("data") or {}), **beside})


def create_group(group_id: str) -> Call[None]:
    return Call("POST", "/groups", _nothing, json={"groupId": _known(group_id)}, repeatable=False)


def list_groups(limit: int, token: str) -> Call[answers.GroupPage]:
    return Call("GET", "/groups", answers.GroupPage.model_validate, _page(limit, token))


def group(group_id: str) -> Call[answers.Group]:
    return Call("GET", _group(group_id), answers.Group.model_validate)


def delete_group(group_id: str) -> Call[None]:
    return Call("DELETE", _group(group_id), _nothing, repeatable=False)


def detect(image: Image, report: Mapping[str, object]) -> Call[tuple[answers.Face, ...]]:
    return _with_image("/faces/detect", _faces, image, report)


def spoofing(image: Image, sensitivity: Spoofing, *, aligned: bool) -> Call[tuple[answers.Face, ...]]:
    fields = {"aligned": aligned, "spoofingCondition": sensitivity.value}
    return _with_image("/spoofing/faces", _faces, image, fields)


def register(
    group_id: str, image: Image, limit: int, external_image_id: str | None, report: Mapping[str, object]
) -> Call[answers.Registration]:
    fields = {"limit": limit, **report}
    if external_image_id is not None:
        fields["externalImageId"] = external_image_id
    return _with_image(
        f"{_group(group_id)}/faces", answers.Registration.model_validate, image, fields, repeatable=False
    )


def list_faces(group_id: str, limit: int, token: str, filters: Mapping[str, str | None]) -> Call[answers.FacePage]:
    wanted = {name: value for name, value in filters.items() if value is not None}
    return Call("GET", f"{_group(group_id)}/faces", answers.FacePage.model_validate, _page(limit, token) | wanted)


def delete_face(group_id: str, face_id: str) -> Call[None]:
    return Call("DELETE", _face(group_id, face_id), _nothing, repeatable=False)


def search_by_face_id(group_id: str, face_id: str, limit: int, threshold: int) -> Call[answers.SearchResult]:
    params = {"limit": str(limit), "threshold": str(threshold)}
    return Call("GET", f"{_face(group_id, face_id)}/search", answers.SearchResult.model_validate, params)


def search(
    group_id: str, image: Image, limit: int, threshold: int, report: Mapping[str, object]
) -> Call[answers.SearchResult]:
    fields = {"limit": limit, "threshold": threshold, **report}
    return _with_image(f"{_group(group_id)}/faces/search", answers.SearchResult.model_validate, image, fields)


def compare(
    source_image: Image, target_image: Image, threshold: int, report: Mapping[str, object]
) -> Call[answers.Comparison]:
    images = {"sourceImage": source(source_image), "targetImage": source(target_image)}
    return _with_images(
        "/faces/compare", answers.Comparison.model_validate, images, {"threshold": threshold, **report}
    )


def verify(group_id: str, face_id: str, image: Image, report: Mapping[str, object]) -> Call[answers.Verification]:
    path = f"{_face(group_id, face_id)}/verify"
    picture = source(image)
    if isinstance(picture, Upload):
        return _upload(path, answers.Verification.model_validate, {"imageFile": picture.data}, report)
    return Call(
        "POST", path, answers.Verification.model_validate, json={"compareImage": picture.as_json, **report}
    )


def _with_image(
    path: str,
    read: Callable[[Mapping[str, object]], T],
    image: Image,
    fields: Mapping[str, object],
    *,
    repeatable: bool = True,
) -> Call[T]:
    picture = source(image)
    if isinstance(picture, Upload):
        return _upload(path, read, {"imageFile": picture.data}, fields, repeatable=repeatable)
    return Call("POST", path, read, json={"image": picture.as_json, **fields}, repeatable=repeatable)


def _with_images(
    path: str,
    read: Callable[[Mapping[str, object]], T],
    images: Mapping[str, Link | Upload],
    fields: Mapping[str, object],
) -> Call[T]:
    uploads = {f"{name}File": image.data for name, image in images.items() if isinstance(image, Upload)}
    if len(uploads) == len(images):
        return _upload(path, read, uploads, fields)
    return Call("POST", path, read, json={**{name: image.as_json for name, image in images.items()}, **fields})


def _upload(
    path: str,
    read: Callable[[Mapping[str, object]], T],
    files: Mapping[str, bytes],
    fields: Mapping[str, object],
    *,
    repeatable: bool = True,
) -> Call[T]:
    """Send files as a form, which is a quarter smaller than Base64."""
    form = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in fields.items()}
    return Call("POST", path, read, form=form, files=files, repeatable=repeatable)


def _nothing(_data: Mapping[str, object]) -> None:
    pass


def _faces(data: Mapping[str, object]) -> tuple[answers.Face, ...]:
    return answers.Faces.model_validate(data).faces


def _page(limit: int, token: str) -> dict[str, str]:
    return {"next-token": token} if token else {"limit": str(limit)}


def _group(group_id: str) -> str:
    return f"/groups/{_known(group_id)}"


def _known(group_id: str) -> str:
    """An id that a group may have. Raises InvalidGroupId."""
    if not _GROUP_ID.fullmatch(group_id) or group_id in {".", ".."}:
        detail = "A group id has 1 to 255 characters from A-Z, a-z, 0-9, '_', '.' and '-'."
        raise InvalidGroupId(0, -40010, "InvalidGroupID", detail, None)
    return group_id


def _face(group_id: str, face_id: str) -> str:
    return f"{_group(group_id)}/faces/{_segment(face_id)}"


def _segment(name: str) -> str:
    """An id as one segment of a path. Raises ValueError if it could lead to another path."""
    if name in {"", ".", ".."} or "/" in name:
        raise ValueError(f"{name!r} cannot be an id")
    return quote(name, safe="")


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds to wait, also where the header names a time; None without a header that says so."""
    value = response.headers.get("retry-after", "")
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
