"""The errors that an operation can answer with, as its dialect writes them."""

from __future__ import annotations

from collections.abc import Iterable

from visavis.api.dialect import Dialect, WireError
from visavis.api.operation import AnyOperation
from visavis.errors import ErrorCode, ServiceError

_ALWAYS = frozenset(
    {
        ErrorCode.INVALID_PARAMETER,
        ErrorCode.UNAUTHORIZED,
        ErrorCode.MISSING_CREDENTIALS,
        ErrorCode.RATE_LIMITED,
        ErrorCode.OVERLOADED,
        ErrorCode.INTERNAL,
    }
)
_PICTURES = frozenset(
    {
        ErrorCode.IMAGE_TOO_LARGE,
        ErrorCode.IMAGE_TOO_SMALL,
        ErrorCode.INVALID_IMAGE_BASE64,
        ErrorCode.UNSUPPORTED_IMAGE_FORMAT,
        ErrorCode.NOT_AN_IMAGE,
        ErrorCode.BROKEN_IMAGE,
        ErrorCode.INVALID_IMAGE_URL,
        ErrorCode.IMAGE_TIMEOUT,
    }
)
_GROUP = frozenset({ErrorCode.GROUP_NOT_FOUND, ErrorCode.GROUP_DELETED})
_NEW_GROUP = frozenset({ErrorCode.INVALID_GROUP_ID, ErrorCode.DUPLICATE_GROUP, ErrorCode.GROUP_QUOTA_EXCEEDED})

_OF_OPERATION = {
    "create_group": _NEW_GROUP,
    "register": frozenset({ErrorCode.FACE_QUOTA_EXCEEDED}),
    "add_face": frozenset({ErrorCode.FACE_QUOTA_EXCEEDED, ErrorCode.NO_FACE, ErrorCode.NOT_ALIVE}),
    "delete_face": frozenset({ErrorCode.FACE_NOT_FOUND}),
    "search_by_face_id": frozenset({ErrorCode.FACE_NOT_FOUND}),
    "search_by_image": frozenset({ErrorCode.NO_FACE}),
    "search_face": frozenset({ErrorCode.NO_FACE, ErrorCode.NOT_ALIVE}),
    "compare": frozenset({ErrorCode.NO_FACE}),
    "verify": frozenset({ErrorCode.FACE_NOT_FOUND, ErrorCode.NO_FACE}),
    "spoofing": frozenset({ErrorCode.IMAGE_NOT_ALIGNED}),
}


def errors(dialect: Dialect, operation: AnyOperation) -> list[WireError]:
    """The errors of an operation, each once, sorted by status and by the absolute value of the code."""
    found = {
        dialect.wire_error(ServiceError(code, "", subject), operation, uploaded)
        for code in _codes(operation)
        for subject in _subjects(code, operation)
        for uploaded in ({False, operation.form is not None})
    }
    return sorted(found, key=lambda error: (error.status, abs(error.code), error.message))


def _codes(operation: AnyOperation) -> frozenset[ErrorCode]:
    codes = _ALWAYS | _OF_OPERATION.get(operation.name, frozenset())
    if operation.image:
        codes |= _PICTURES
    if "{group_id}" in operation.path or "collection_id" in operation.schema.model_fields:
        codes |= _GROUP
    if "next_token" in operation.schema.model_fields:
        codes |= {ErrorCode.INVALID_TOKEN}
    return codes


def _subjects(code: ErrorCode, operation: AnyOperation) -> Iterable[str | None]:
    """The subjects that an error of this code may have."""
    if code in _PICTURES:
        return ("Source", "Target")
    if code is ErrorCode.INVALID_PARAMETER:
        return (None, "group_id", *(name for name, _, _ in operation.schema.wire_fields()))
    return (None,)
