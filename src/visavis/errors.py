"""The one error vocabulary. What a dialect makes of each code on the wire is written in its error table."""

from __future__ import annotations

from enum import StrEnum, auto


class ErrorCode(StrEnum):
    """What went wrong, in the product's own words."""

    INVALID_PARAMETER = auto()
    INVALID_GROUP_ID = auto()
    DUPLICATE_GROUP = auto()
    GROUP_NOT_FOUND = auto()
    GROUP_DELETED = auto()
    """There was a group of this name; there is none now."""
    GROUP_QUOTA_EXCEEDED = auto()
    INVALID_TOKEN = auto()
    FACE_NOT_FOUND = auto()
    FACE_QUOTA_EXCEEDED = auto()
    APP_NOT_FOUND = auto()
    DUPLICATE_APP = auto()
    UNAUTHORIZED = auto()
    MISSING_CREDENTIALS = auto()
    IMAGE_TOO_LARGE = auto()
    IMAGE_TOO_SMALL = auto()
    IMAGE_NOT_ALIGNED = auto()
    """Not of the size that aligned pictures have."""
    INVALID_IMAGE_BASE64 = auto()
    UNSUPPORTED_IMAGE_FORMAT = auto()
    """A picture, but neither PNG nor JPEG."""
    NOT_AN_IMAGE = auto()
    BROKEN_IMAGE = auto()
    """PNG or JPEG by its first bytes, but truncated or corrupt."""
    INVALID_IMAGE_URL = auto()
    IMAGE_TIMEOUT = auto()
    NO_FACE = auto()
    FACE_TURNED_AWAY = auto()
    TOO_POOR = auto()
    """The picture holds too little of the face to be compared."""
    LOW_QUALITY = auto()
    """The group asks for more."""
    NOT_ALIVE = auto()
    """The liveness check of a group was not passed."""
    KEY_NOT_FOUND = auto()
    """The app has no key of this id."""
    OVERLOADED = auto()
    RATE_LIMITED = auto()
    """The app asks more often than it may, or somebody guesses keys."""
    INTERNAL = auto()


class ServiceError(Exception):
    """A request that cannot be served, for a reason its sender may know.

    `detail` is one plain English sentence for the `X-Error-Detail` header: no secrets, no paths, no stack.
    `subject` names the parameter, or the one of two pictures, that it is about, where that makes a difference.
    `retry_after` is the number of seconds after which the same request may do better, where that is known.
    """

    def __init__(
        self, code: ErrorCode, detail: str, subject: str | None = None, *, retry_after: int | None = None
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.subject = subject
        self.retry_after = retry_after


class GroupMoved(ServiceError):  # noqa: N818 - no failure: whoever asks again is served
    """A group has another recognition model than the one with which it was asked for embeddings or given some."""

    def __init__(self) -> None:
        detail = "The group was moved to another recognition model meanwhile. Send the request again."
        super().__init__(ErrorCode.OVERLOADED, detail)


class AccountErrorCode(StrEnum):
    """What is wrong with what somebody typed to open an account, or to get into one."""

    NAME_INVALID = auto()
    NAME_TAKEN = auto()
    PASSWORD_TOO_SHORT = auto()
    PASSWORD_TOO_LONG = auto()
    PASSWORD_TOO_PLAIN = auto()
    """One that is guessed first: few characters over and over, or the name of its owner."""
    WRONG_PASSWORD = auto()
    """Or there is no such user, which is nobody's business."""
    TOO_MANY_ATTEMPTS = auto()
    INVITATION_INVALID = auto()
    USER_NOT_FOUND = auto()
    LAST_ADMINISTRATOR = auto()


class AccountError(Exception):
    """A person's request about accounts that is not granted."""

    def __init__(self, code: AccountErrorCode, wait_seconds: int = 0) -> None:
        super().__init__(code.value)
        self.code = code
        self.wait_seconds = wait_seconds
        """After how long to try again, where that is the reason."""


class SetupError(Exception):
    """The server cannot start or a command cannot run; the message tells the operator what mends it."""


def reason(error: OSError | ValueError) -> str:
    """Why a file cannot be read or written, to end a sentence that names the file."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
