"""Refused requests: their status and message key."""

from __future__ import annotations

from collections.abc import Mapping

from visavis.errors import AccountError, ErrorCode

STATUS = {
    ErrorCode.GROUP_NOT_FOUND: 404,
    ErrorCode.GROUP_DELETED: 404,
    ErrorCode.FACE_NOT_FOUND: 404,
    ErrorCode.PERSON_NOT_FOUND: 404,
    ErrorCode.WEBHOOK_NOT_FOUND: 404,
    ErrorCode.PERSON_EXISTS: 409,
    ErrorCode.APP_NOT_FOUND: 404,
    ErrorCode.DUPLICATE_GROUP: 409,
    ErrorCode.DUPLICATE_APP: 409,
    ErrorCode.KEY_NOT_FOUND: 404,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.INTERNAL: 500,
    ErrorCode.OVERLOADED: 503,
}
"""HTTP statuses of errors of core; 422 for all other errors, which are due to the request."""


class Refused(Exception):  # noqa: N818 - an answer, not a failure
    """Answer the request with this HTTP status and the message `key`, by default `refused.STATUS`."""

    def __init__(self, status: int, key: str | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.key = key or f"refused.{status}"


class EnrolFirst(Exception):  # noqa: N818 - an answer, not a failure
    """The settings ask administrators for a second factor, and this one has none."""


class ProveFirst(Exception):  # noqa: N818 - an answer, not a failure
    """The user must give the password again, and a code if there is a second factor."""

    def __init__(self, form: Mapping[str, str], error: AccountError | None = None) -> None:
        super().__init__()
        self.form = form
        self.error = error


class SignInFirst(Exception):  # noqa: N818 - an answer, not a failure
    """The page is for people who have signed in."""
