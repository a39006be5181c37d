"""The error tables of Search Face: every operation has numbers of its own (seed 002; contract.md, Operations).

Nothing tells the numbers of a comparison, so it has those of a search.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from visavis.api.described import Described
from visavis.api.dialect import WireError
from visavis.api.operation import AnyOperation
from visavis.errors import ErrorCode, ServiceError

_KEY_MISSING = WireError(6039, "API Key is required.", status=403)
_KEY_WRONG = WireError(6040, "Access Denied: API Key is unavailable.", status=403)

_IMAGE_FORMAT = (
    ErrorCode.INVALID_IMAGE_BASE64,
    ErrorCode.UNSUPPORTED_IMAGE_FORMAT,
    ErrorCode.NOT_AN_IMAGE,
    ErrorCode.BROKEN_IMAGE,
)


@dataclass(frozen=True, slots=True)
class _Table:
    """The errors of one operation: by the wrong parameter, by error code, and one for everything else."""

    parameters: Mapping[str, WireError]
    codes: Mapping[ErrorCode, WireError]
    otherwise: WireError = field(kw_only=True)


def _error(code: int, message: str) -> WireError:
    return WireError(code, message, status=400)


def _image_errors(liveness: int, size: int, image_format: int) -> dict[ErrorCode, WireError]:
    not_supported = _error(image_format, "Not supported image format.")
    return {
        ErrorCode.NOT_ALIVE: _error(liveness, "Failed to validate liveness of face"),
        ErrorCode.IMAGE_TOO_LARGE: _error(size, "Image size is too large."),
        **dict.fromkeys(_IMAGE_FORMAT, not_supported),
    }


_NO_COLLECTION = "Cannot find collection info."
_COLLECTION_DELETED = "This collection is unavailable."

_TABLES: Final[Mapping[str, _Table]] = {
    "search_face": _Table(
        {
            "collectionId": _error(6030, "CollectionId is required."),
            "requestName": _error(6031, "RequestName is required."),
            "userName": _error(6031, "RequestName is required."),
            "faceImage": _error(6032, "Invalid face image."),
            "group_id": _error(6033, _NO_COLLECTION),
        },
        {
            ErrorCode.GROUP_NOT_FOUND: _error(6033, _NO_COLLECTION),
            ErrorCode.GROUP_DELETED: _error(6034, _COLLECTION_DELETED),
            **_image_errors(liveness=6035, size=6036, image_format=6037),
        },
        otherwise=_error(6038, "Fail to search face"),
    ),
    "compare_faces": _Table(
        {"originFace": _error(6032, "Invalid face image."), "targetFace": _error(6032, "Invalid face image.")},
        _image_errors(liveness=6035, size=6036, image_format=6037),
        otherwise=_error(6038, "Fail to search face"),
    ),
    "add_face": _Table(
        {
            "collectionId": _error(6010, "CollectionId is required."),
            "userName": _error(6011, "UserName is required."),
            "requestName": _error(6011, "UserName is required."),
            "group_id": _error(6013, _NO_COLLECTION),
        },
        {
            ErrorCode.GROUP_NOT_FOUND: _error(6013, _NO_COLLECTION),
            ErrorCode.GROUP_DELETED: _error(6014, _COLLECTION_DELETED),
            **_image_errors(liveness=6015, size=6016, image_format=6017),
        },
        otherwise=_error(6012, "Fail to add face"),
    ),
    "delete_face": _Table(
        {
            "collectionId": _error(6018, "CollectionId is required."),
            "faceId": _error(6019, "FaceId is required."),
            "group_id": _error(6021, "Cannot find face data."),
        },
        {
            ErrorCode.GROUP_DELETED: _error(6020, _COLLECTION_DELETED),
            ErrorCode.GROUP_NOT_FOUND: _error(6021, "Cannot find face data."),
            ErrorCode.FACE_NOT_FOUND: _error(6022, "The face Id is not exist."),
        },
        otherwise=_error(6023, "Fail to delete face."),
    ),
    "list_faces": _Table(
        {
            "collectionId": _error(6024, "CollectionId is required."),
            "term": _error(6025, "The term length must be longer than 5"),
            "page": _error(6026, "Page number is required."),
            "group_id": _error(6027, _NO_COLLECTION),
        },
        {
            ErrorCode.GROUP_NOT_FOUND: _error(6027, _NO_COLLECTION),
            ErrorCode.GROUP_DELETED: _error(6028, _COLLECTION_DELETED),
        },
        otherwise=_error(6029, "Fail to get Face list."),
    ),
}


def searchface_error(error: ServiceError, operation: AnyOperation, _uploaded: bool) -> WireError:  # noqa: FBT001 - a fact
    table = _TABLES[operation.name]
    match error.code:
        case ErrorCode.MISSING_CREDENTIALS:
            return _KEY_MISSING
        case ErrorCode.UNAUTHORIZED:
            return _KEY_WRONG
        case ErrorCode.OVERLOADED:
            return replace(table.otherwise, status=503)
        case ErrorCode.RATE_LIMITED:
            return replace(table.otherwise, status=429)
        case ErrorCode.INVALID_PARAMETER:
            return table.parameters.get(error.subject or "", table.otherwise)
        case code:
            return table.codes.get(code, table.otherwise)


class Error(Described):
    """What went wrong, by its code."""

    errorCode: int  # noqa: N815 - the wire's own spelling
    """The error's number; each operation has its own."""
    message: str
    """The message of the number."""


def failure(error: WireError) -> dict[str, object]:
    """The body of an error."""
    return {"errorCode": error.code, "message": error.message}
