"""The error tables of the NHN dialects (seed 000, Error Codes of each operation)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from visavis.api.dialect import WireError
from visavis.errors import ErrorCode

_INVALID_PARAM = WireError(-40000, "InvalidParam")
_FORMAT = WireError(-45040, "InvalidImageFormatException")
_FILE = WireError(-45080, "InvalidImageFileException")

V2_ERRORS: Mapping[ErrorCode, WireError] = MappingProxyType(
    {
        ErrorCode.INVALID_PARAMETER: _INVALID_PARAM,
        ErrorCode.IMAGE_TOO_SMALL: _INVALID_PARAM,
        ErrorCode.NO_FACE: _INVALID_PARAM,
        ErrorCode.INVALID_GROUP_ID: WireError(-40010, "InvalidGroupID"),
        ErrorCode.DUPLICATE_GROUP: WireError(-40020, "DuplicatedGroupID"),
        ErrorCode.GROUP_NOT_FOUND: WireError(-40030, "NotFoundGroupError"),
        ErrorCode.INVALID_TOKEN: WireError(-40040, "InvalidTokenError"),
        ErrorCode.FACE_NOT_FOUND: WireError(-40050, "NotFoundFaceIDError"),
        ErrorCode.GROUP_QUOTA_EXCEEDED: WireError(-40070, "ServiceQuotaExceededException"),
        ErrorCode.FACE_QUOTA_EXCEEDED: WireError(-40070, "ServiceQuotaExceededException"),
        ErrorCode.UNAUTHORIZED: WireError(-41005, "UnauthorizedAppKeyOrSecretKey"),
        ErrorCode.IMAGE_TOO_LARGE: WireError(-45020, "ImageTooLargeException"),
        ErrorCode.INVALID_IMAGE_BASE64: WireError(-45030, "InvalidImageBytesException"),
        ErrorCode.UNSUPPORTED_IMAGE_FORMAT: _FORMAT,
        ErrorCode.NOT_AN_IMAGE: _FORMAT,
        ErrorCode.BROKEN_IMAGE: _FORMAT,
        ErrorCode.INVALID_IMAGE_URL: WireError(-45050, "InvalidImageURLException"),
        ErrorCode.IMAGE_TIMEOUT: WireError(-45060, "ImageTimeoutError"),
        ErrorCode.OVERLOADED: WireError(-50300, "ServiceUnavailable", status=503),
        ErrorCode.INTERNAL: WireError(-50000, "InternalServerError"),
    }
)

V2_UPLOAD_ERRORS: Mapping[ErrorCode, WireError] = MappingProxyType(
    {ErrorCode.NOT_AN_IMAGE: _FILE, ErrorCode.BROKEN_IMAGE: _FILE}
)
