"""Error codes of the product. The error table of each dialect says how it writes each code on the wire."""

from __future__ import annotations

from enum import StrEnum, auto


class ErrorCode(StrEnum):
    """What went wrong, independent of any dialect."""

    INVALID_PARAMETER = auto()
    INVALID_GROUP_ID = auto()
    DUPLICATE_GROUP = auto()
    GROUP_NOT_FOUND = auto()
    GROUP_DELETED = auto()
    """There was a group of this name, and it was deleted."""
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
    """The picture does not have the size of an aligned face."""
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
    """The picture is too poor for the face to be compared."""
    LOW_QUALITY = auto()
    """The quality of the face is below the group's minimum."""
    NOT_ALIVE = auto()
    """The face did not pass the liveness check of the group."""
    KEY_NOT_FOUND = auto()
    """The app has no key of this id."""
    PERSON_NOT_FOUND = auto()
    """The group has no face with this external image id."""
    PERSON_EXISTS = auto()
    """The id belongs to another person of the group."""
    ACCESS_KEY_NOT_FOUND = auto()
    DUPLICATE_ACCESS_KEY = auto()
    WEBHOOK_NOT_FOUND = auto()
    """The group tells its recognition events to nobody."""
    ACCESS_TOKEN_INVALID = auto()
    """The access token is missing, malformed, unknown, expired or revoked."""
    ACCESS_TOKEN_UNAUTHORIZED = auto()
    """The access token is valid, and has no right to what it is used for."""
    OVERLOADED = auto()
    RATE_LIMITED = auto()
    """The app exceeds its rate limit, or too many wrong keys came from the address."""
    INTERNAL = auto()


class ServiceError(Exception):
    """A request that cannot be served, for a reason that its sender may know.

    `detail` is one plain English sentence for the `X-Error-Detail` header: no secrets, no paths, no stack.
    `subject` names the parameter, or the picture of two, that the error is about, where a dialect needs it.
    `retry_after` is the number of seconds after which to try again, if known.
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
    """The group was moved to another recognition model during the request, so embeddings do not fit any more."""

    def __init__(self) -> None:
        detail = "The group was moved to another recognition model meanwhile. Send the request again."
        super().__init__(ErrorCode.OVERLOADED, detail)


class AccountErrorCode(StrEnum):
    """Why an account could not be opened, changed or signed in to."""

    NAME_INVALID = auto()
    NAME_TAKEN = auto()
    PASSWORD_TOO_SHORT = auto()
    PASSWORD_TOO_LONG = auto()
    PASSWORD_COMMON = auto()
    """One that many people have, or that is made of such a one."""
    PASSWORD_TOO_PLAIN = auto()
    """The password is guessed soon: few different characters, or the name of its owner."""
    WRONG_CODE = auto()
    """No code of the second factor, or one that was used before."""
    CODES_LOCKED = auto()
    """Too many wrong codes came in a row: only a recovery code is taken now."""
    SIGN_IN_EXPIRED = auto()
    """The password that the code belongs to was given too long ago."""
    WRONG_PASSWORD = auto()
    """The password is wrong, or there is no such user; the answer does not say which."""
    TOO_MANY_ATTEMPTS = auto()
    INVITATION_INVALID = auto()
    USER_NOT_FOUND = auto()
    LAST_ADMINISTRATOR = auto()
    NO_APP = auto()
    """A role was given in no app."""
    NOT_A_MEMBER = auto()
    """The user has no roles in apps: administrators may do everything in all of them."""


class AccountError(Exception):
    """A request about accounts that is refused."""

    def __init__(self, code: AccountErrorCode, wait_seconds: int = 0) -> None:
        super().__init__(code.value)
        self.code = code
        self.wait_seconds = wait_seconds
        """Seconds to wait before the next attempt; 0 if waiting does not help."""


class SetupError(Exception):
    """The server cannot start or a command cannot run. The message says what the operator can do."""


def reason(error: OSError | ValueError) -> str:
    """Why a file cannot be read or written: the end of a sentence that names the file."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
