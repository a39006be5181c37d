"""The envelope of the NHN dialects: a header that tells how it went, and the data (seed 000, Common Response)."""

# ruff: noqa: N815 - the wire's own spelling

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, SerializeAsAny

from visavis.api.dialect import Success, WireError
from visavis.core.faces import Registered


class Header(BaseModel):
    """`resultCode`: 0 success, above 0 partial success, below 0 an error."""

    isSuccessful: bool
    resultCode: int
    resultMessage: str


class Answer(BaseModel):
    """A successful answer; operations that only do something have no data."""

    header: Header
    data: SerializeAsAny[BaseModel] | None = None


_PARTIAL = Header(isSuccessful=True, resultCode=40070, resultMessage="ServiceQuotaExceededPartialSuccessException")


def success(message: str) -> Any:
    """How a dialect whose word for success is `message` wraps its data."""
    header = Header(isSuccessful=True, resultCode=0, resultMessage=message)

    def wrap(result: object, data: BaseModel | None) -> Success:
        if isinstance(result, Registered) and result.quota_exceeded:
            return Success(Answer(header=_PARTIAL, data=data), "The group is full: not every face was registered.")
        return Success(Answer(header=header, data=data))

    return wrap


def failure(error: WireError) -> dict[str, Any]:
    """The body of an error."""
    header = Header(isSuccessful=False, resultCode=error.code, resultMessage=error.message)
    return {"header": header.model_dump()}
