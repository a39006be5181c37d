"""The envelope of the NHN dialects: a header with the result, and the data (seed 000, Common Response)."""

# ruff: noqa: N815 - the wire's own spelling

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Literal

from pydantic import BaseModel, Field, SerializeAsAny, create_model

from visavis.api.described import Described
from visavis.api.dialect import HTTP_ERRORS, Success, WireError
from visavis.api.nhn.schemas import RegisterData
from visavis.core.compare import Compared
from visavis.core.detection import Detected
from visavis.core.faces import Registered
from visavis.core.search import Found, Verified


class Header(Described):
    """How it went."""

    isSuccessful: bool
    """Whether the operation was carried out, also in part."""
    resultCode: int
    """0 success, above 0 partial success, below 0 an error."""
    resultMessage: str
    """The message of the code."""


class Answer(BaseModel):
    """A successful answer; some operations have no data."""

    header: Header
    data: SerializeAsAny[BaseModel] | None = None


_PARTIAL = Header(isSuccessful=True, resultCode=40070, resultMessage="ServiceQuotaExceededPartialSuccessException")


def success(message: str) -> Callable[[object, BaseModel | None], Success]:
    """A function that wraps data in the envelope; `message` is the dialect's result message for success."""
    header = Header(isSuccessful=True, resultCode=0, resultMessage=message)

    def wrap(result: object, data: BaseModel | None) -> Success:
        if isinstance(result, Compared | Found | Verified):
            return Success(Answer(header=header, data=data), result.detail)
        if isinstance(result, Detected):
            return Success(Answer(header=header, data=data), small_faces=result.small)
        if not isinstance(result, Registered):
            return Success(Answer(header=header, data=data))
        reasons = [refused.reason for refused in result.not_added]
        if result.quota_exceeded:
            return Success(Answer(header=_PARTIAL, data=data), result.detail, reasons, _PARTIAL.resultCode)
        return Success(Answer(header=header, data=data), result.detail, reasons)

    return wrap


def failure(error: WireError) -> dict[str, object]:
    """The body of an error."""
    header = Header(isSuccessful=False, resultCode=error.code, resultMessage=error.message)
    return {"header": header.model_dump()}


_UNREAD = {
    **HTTP_ERRORS,
    400: WireError(-40000, "InvalidParam", 400),
    503: WireError(-50300, "ServiceUnavailable", 503),
}


def refusal(status: HTTPStatus) -> bytes:
    """The body of an answer to a request that reached no dialect; its status is 400, 408, 431 or 503."""
    return json.dumps(failure(_UNREAD[status])).encode()


class Succeeded(Header):
    """All went well."""

    isSuccessful: Literal[True]
    """Always true."""
    resultCode: Literal[0]
    """Always 0."""


class SucceededInPart(Header):
    """All went well, or as much as the quota left room for: `resultCode` 40070."""

    isSuccessful: Literal[True]
    """Always true."""
    resultCode: Literal[0, 40070]
    """0, or 40070 when some faces were left out."""


class Failed(Header):
    """What went wrong, by its code."""

    isSuccessful: Literal[False]
    """Always false."""


class Error(Described):
    """An error has no data."""

    header: Failed
    """What went wrong."""


class Done(Described):
    """The answer of an operation that reports nothing."""

    header: Succeeded
    """How it went."""


def answer(data: type[BaseModel] | None) -> type[BaseModel]:
    """The type of the envelope with data of this type."""
    if data is None:
        return Done
    header = SucceededInPart if issubclass(data, RegisterData) else Succeeded
    return create_model(
        f"{data.__name__}Answer",
        header=(header, Field(description="How it went.")),
        data=(data, Field(description="What was found or done.")),
    )
