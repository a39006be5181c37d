"""The envelope of the NHN dialects: a header that tells how it went, and the data (seed 000, Common Response)."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from visavis.api.dialect import WireError

Data = TypeVar("Data")


class Header(BaseModel):
    """`resultCode`: 0 success, above 0 partial success, below 0 an error."""

    isSuccessful: bool  # noqa: N815 - the wire's own spelling
    resultCode: int  # noqa: N815
    resultMessage: str  # noqa: N815


class Answer(BaseModel, Generic[Data]):
    """A successful answer; operations that only do something have no data."""

    header: Header
    data: Data | None = None


def failure(error: WireError) -> dict[str, Any]:
    """The body of an error."""
    header = Header(isSuccessful=False, resultCode=error.code, resultMessage=error.message)
    return {"header": header.model_dump()}
