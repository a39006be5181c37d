"""Errors: one class for each result code of the v2.0 API (and of Plus, for spoofing)."""

# ruff: noqa: N818 - each is named after what the API calls it

from __future__ import annotations

from visavis_client.answers import Registration


class VisavisError(Exception):
    """The base class of all errors of this package."""


class ConnectionFailed(VisavisError):
    """No answer: no connection, a timeout, or a broken connection. Its cause is the `httpx` error."""


class NoFaceAdded(VisavisError):
    """A registration that registered nobody: no face was found, or none may be registered."""

    def __init__(self, registration: Registration) -> None:
        reasons = ", ".join(registration.not_added_reasons)
        found = len(registration.not_added)
        super().__init__(
            f"none of {found} faces was registered" + (f": {reasons}" if reasons else "")
            if found
            else "no face was found in the picture"
        )
        self.registration = registration
        """The answer of the server, with the faces that were not added and the reasons."""


class ApiError(VisavisError):
    """The server refused the call. Codes without a class of their own raise this class."""

    def __init__(
        self, status: int, code: int, message: str, detail: str | None, retry_after: float | None
    ) -> None:
        super().__init__(f"{message} ({code})" + (f": {detail}" if detail else ""))
        self.status = status
        """HTTP status; 200 for most errors of this API, 0 if nothing was sent."""
        self.code = code
        """`resultCode`, below 0; 0 where the answer is none of this API."""
        self.message = message
        """`resultMessage`."""
        self.detail = detail
        """The reason in a plain sentence, from Visavis only; the vendor's cloud does not send it."""
        self.retry_after = retry_after
        """Seconds after which to try again, if the server says so."""


class InvalidParameter(ApiError):
    """-40000: a parameter is missing or wrong; also a picture without a face where one is needed."""


class InvalidGroupId(ApiError):
    """-40010: no group can have this id. Ids that no server takes are refused before anything is sent."""


class DuplicateGroup(ApiError):
    """-40020: there is a group of this id."""


class GroupNotFound(ApiError):
    """-40030: there is no group of this id."""


class InvalidToken(ApiError):
    """-40040: a page's token has expired, or belongs to another list."""


class FaceNotFound(ApiError):
    """-40050: the group has no face of this id."""


class QuotaExceeded(ApiError):
    """-40070: the group, or the app, is full."""


class Unauthorized(ApiError):
    """-41000, -41005: a key is missing or wrong. -41006, -41007: a new token was refused too. 401: no token."""


class ImageError(ApiError):
    """A picture cannot be used."""


class ImageTooLarge(ImageError):
    """-45020: too many bytes or pixels."""


class InvalidImageBytes(ImageError):
    """-45030: not Base64."""


class InvalidImageFormat(ImageError):
    """-45040: neither PNG nor JPEG, or broken."""


class InvalidImageUrl(ImageError):
    """-45050: the server cannot, or will not, fetch from there."""


class ImageTimeout(ImageError):
    """-45060: the picture's host is too slow."""


class InvalidImageSize(ImageError):
    """-45070: an aligned picture must have 224 x 224 pixels."""


class InvalidImageFile(ImageError):
    """-45080: the file is no picture, or a broken one."""


class ServerError(ApiError):
    """-50000, or a 5xx without an envelope: the server failed."""


class Overloaded(ApiError):
    """429, 503: the server did not begin the request; try again after `retry_after` seconds."""


_BY_CODE: dict[int, type[ApiError]] = {
    -40000: InvalidParameter,
    -40010: InvalidGroupId,
    -40020: DuplicateGroup,
    -40030: GroupNotFound,
    -40040: InvalidToken,
    -40050: FaceNotFound,
    -40070: QuotaExceeded,
    -41000: Unauthorized,
    -41005: Unauthorized,
    -41006: Unauthorized,
    -41007: Unauthorized,
    -45020: ImageTooLarge,
    -45030: InvalidImageBytes,
    -45040: InvalidImageFormat,
    -45050: InvalidImageUrl,
    -45060: ImageTimeout,
    -45070: InvalidImageSize,
    -45080: InvalidImageFile,
    -50000: ServerError,
}


def error_class(status: int, code: int) -> type[ApiError]:
    """The class for an HTTP status and a result code."""
    if status in {429, 503}:
        return Overloaded
    if status >= 500:
        return ServerError
    return _BY_CODE.get(code, ApiError)
