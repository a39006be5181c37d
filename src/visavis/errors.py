"""The one error vocabulary. What a dialect makes of each code on the wire is written in its error table."""

from __future__ import annotations

from enum import StrEnum, auto


class ErrorCode(StrEnum):
    """What went wrong, in the product's own words."""

    INVALID_PARAMETER = auto()
    INVALID_GROUP_ID = auto()
    DUPLICATE_GROUP = auto()
    GROUP_NOT_FOUND = auto()
    GROUP_QUOTA_EXCEEDED = auto()
    INVALID_TOKEN = auto()
    FACE_NOT_FOUND = auto()
    FACE_QUOTA_EXCEEDED = auto()
    UNAUTHORIZED = auto()
    IMAGE_TOO_LARGE = auto()
    IMAGE_TOO_SMALL = auto()
    INVALID_IMAGE_BASE64 = auto()
    UNSUPPORTED_IMAGE_FORMAT = auto()
    """A picture, but neither PNG nor JPEG."""
    NOT_AN_IMAGE = auto()
    BROKEN_IMAGE = auto()
    """PNG or JPEG by its first bytes, but truncated or corrupt."""
    INVALID_IMAGE_URL = auto()
    IMAGE_TIMEOUT = auto()
    NO_FACE = auto()
    OVERLOADED = auto()
    INTERNAL = auto()


class FaceError(Exception):
    """A request that cannot be served, for a reason its sender may know.

    `detail` is one plain English sentence for the `X-Error-Detail` header: no secrets, no paths, no stack.
    """

    def __init__(self, code: ErrorCode, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class SetupError(Exception):
    """The server cannot start or a command cannot run; the message tells the operator what mends it."""
