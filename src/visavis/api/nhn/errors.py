"""The error tables of the NHN dialects (seeds 000, 001 and 003, Error Codes of each operation)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from visavis.api.dialect import WireError
from visavis.api.operation import AnyOperation
from visavis.errors import ErrorCode, ServiceError

_INVALID_PARAM = WireError(-40000, "InvalidParam")
_NO_GROUP = WireError(-40030, "NotFoundGroupError")
_QUOTA = WireError(-40070, "ServiceQuotaExceededException")
_UNAUTHORIZED = WireError(-41000, "UnauthorizedAppKey")
_UNAUTHORIZED_V2 = WireError(-41005, "UnauthorizedAppKeyOrSecretKey")
_INVALID_TOKEN = WireError(-41006, "InvalidToken")
_UNAUTHORIZED_TOKEN = WireError(-41007, "UnauthorizedToken")
_FORMAT = WireError(-45040, "InvalidImageFormatException")
_FILE = WireError(-45080, "InvalidImageFileException")

ErrorTable = Mapping[ErrorCode, WireError]

V1_ERRORS: Final[ErrorTable] = MappingProxyType(
    {
        ErrorCode.INVALID_PARAMETER: _INVALID_PARAM,
        ErrorCode.IMAGE_TOO_SMALL: _INVALID_PARAM,
        ErrorCode.NO_FACE: _INVALID_PARAM,
        ErrorCode.FACE_TURNED_AWAY: _INVALID_PARAM,
        ErrorCode.TOO_POOR: _INVALID_PARAM,
        ErrorCode.LOW_QUALITY: _INVALID_PARAM,
        ErrorCode.NOT_ALIVE: _INVALID_PARAM,
        ErrorCode.INVALID_IMAGE_BASE64: _INVALID_PARAM,
        ErrorCode.INVALID_GROUP_ID: WireError(-40010, "InvalidGroupID"),
        ErrorCode.DUPLICATE_GROUP: WireError(-40020, "DuplicatedGroupID"),
        ErrorCode.GROUP_NOT_FOUND: _NO_GROUP,
        ErrorCode.GROUP_DELETED: _NO_GROUP,
        ErrorCode.INVALID_TOKEN: WireError(-40040, "InvalidTokenError"),
        ErrorCode.FACE_NOT_FOUND: WireError(-40050, "NotFoundFaceIDError"),
        ErrorCode.GROUP_QUOTA_EXCEEDED: _QUOTA,
        ErrorCode.FACE_QUOTA_EXCEEDED: _QUOTA,
        ErrorCode.UNAUTHORIZED: _UNAUTHORIZED,
        ErrorCode.MISSING_CREDENTIALS: _UNAUTHORIZED,
        ErrorCode.ACCESS_TOKEN_INVALID: _UNAUTHORIZED,
        ErrorCode.ACCESS_TOKEN_UNAUTHORIZED: _UNAUTHORIZED,
        ErrorCode.IMAGE_TOO_LARGE: WireError(-45020, "ImageTooLargeException"),
        ErrorCode.UNSUPPORTED_IMAGE_FORMAT: _FORMAT,
        ErrorCode.NOT_AN_IMAGE: _FORMAT,
        ErrorCode.BROKEN_IMAGE: _FORMAT,
        ErrorCode.INVALID_IMAGE_URL: WireError(-45050, "InvalidImageURLException"),
        ErrorCode.IMAGE_TIMEOUT: WireError(-45060, "ImageTimeoutError"),
        ErrorCode.IMAGE_NOT_ALIGNED: WireError(-45070, "InvalidImageSizeException"),
        ErrorCode.RATE_LIMITED: WireError(-42900, "TooManyRequests", status=429),
        ErrorCode.OVERLOADED: WireError(-50300, "ServiceUnavailable", status=503),
        ErrorCode.INTERNAL: WireError(-50000, "InternalServerError"),
    }
)

PLUS_ERRORS: Final[ErrorTable] = MappingProxyType(
    {**V1_ERRORS, ErrorCode.INVALID_IMAGE_BASE64: WireError(-45030, "InvalidImageParameterException")}
)

V2_ERRORS: Final[ErrorTable] = MappingProxyType(
    {
        **V1_ERRORS,
        ErrorCode.UNAUTHORIZED: _UNAUTHORIZED_V2,
        ErrorCode.MISSING_CREDENTIALS: _UNAUTHORIZED_V2,
        ErrorCode.ACCESS_TOKEN_INVALID: _UNAUTHORIZED_V2,
        ErrorCode.ACCESS_TOKEN_UNAUTHORIZED: _UNAUTHORIZED_V2,
        ErrorCode.INVALID_IMAGE_BASE64: WireError(-45030, "InvalidImageBytesException"),
    }
)

_OF_UPLOADS = {ErrorCode.NOT_AN_IMAGE: _FILE, ErrorCode.BROKEN_IMAGE: _FILE}

V2_UPLOAD_ERRORS: Final[ErrorTable] = MappingProxyType({**V2_ERRORS, **_OF_UPLOADS})

V2_1_ERRORS: Final[ErrorTable] = MappingProxyType(
    {
        **V2_ERRORS,
        ErrorCode.MISSING_CREDENTIALS: _INVALID_TOKEN,
        ErrorCode.ACCESS_TOKEN_INVALID: _INVALID_TOKEN,
        ErrorCode.ACCESS_TOKEN_UNAUTHORIZED: _UNAUTHORIZED_TOKEN,
        ErrorCode.UNAUTHORIZED: _UNAUTHORIZED_TOKEN,
    }
)

V2_1_UPLOAD_ERRORS: Final[ErrorTable] = MappingProxyType({**V2_1_ERRORS, **_OF_UPLOADS})

_COMPARE_MESSAGES: Final[Mapping[int, str]] = MappingProxyType(
    {
        -45020: "ImageImageTooLargeException",
        -45030: "InvalidImageParameterException",
        -45040: "ImageInvalidImageFormatException",
        -45050: "ImageInvalidImageURLException",
        -45060: "ImageImageTimeoutError",
    }
)
"""The messages of compare in seeds 001 and 003, exactly as they are there."""


def v2_error(error: ServiceError, _operation: AnyOperation, uploaded: bool) -> WireError:  # noqa: FBT001 - data, not a flag
    return entry(V2_UPLOAD_ERRORS if uploaded else V2_ERRORS, error)


def v2_1_error(error: ServiceError, _operation: AnyOperation, uploaded: bool) -> WireError:  # noqa: FBT001 - data
    return entry(V2_1_UPLOAD_ERRORS if uploaded else V2_1_ERRORS, error)


def v1_error(error: ServiceError, operation: AnyOperation, _uploaded: bool) -> WireError:  # noqa: FBT001 - data, not a flag
    return _of_picture(entry(V1_ERRORS, error), error, operation)


def plus_error(error: ServiceError, operation: AnyOperation, _uploaded: bool) -> WireError:  # noqa: FBT001 - data
    return _of_picture(entry(PLUS_ERRORS, error), error, operation)


def entry(table: ErrorTable, error: ServiceError) -> WireError:
    """The table's entry for an error.

    Collections of Search Face may have ids that are wrong parameters here (contract.md 9). They stay wrong where
    there is no such group.
    """
    if error.code is ErrorCode.GROUP_NOT_FOUND and error.subject == "group_id":
        return _INVALID_PARAM
    return table[error.code]


def _of_picture(wire: WireError, error: ServiceError, operation: AnyOperation) -> WireError:
    """The error with the picture that it is about, Source or Target, in the message of a comparison."""
    if operation.name != "compare" or wire.code not in _COMPARE_MESSAGES:
        return wire
    return replace(wire, message=f"{_COMPARE_MESSAGES[wire.code]}:{error.subject}")
