"""Request parameters: one strict schema, whether they come as JSON, as a form or in the query."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from visavis.errors import ErrorCode, FaceError

_INTEGER = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_BOOLEANS = {"true": True, "false": False}


class Parameters(BaseModel):
    """Types are exact, unknown parameters are ignored, null means absent (contract.md 5)."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", alias_generator=to_camel)

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, data: object) -> object:
        if isinstance(data, dict):
            return {name: value for name, value in data.items() if value is not None}
        return data

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Raises INVALID_PARAMETER."""
        try:
            return cls.model_validate_json(body)
        except ValidationError as error:
            raise invalid(error) from None

    @classmethod
    def from_text(cls, values: Mapping[str, Any]) -> Self:
        """From a query or a form, where numbers and booleans are spelt out. Raises INVALID_PARAMETER."""
        typed = dict(values)
        for name, field in cls.model_fields.items():
            key = field.alias or name
            if isinstance(text := typed.get(key), str):
                typed[key] = _typed(text, field.annotation)
        try:
            return cls.model_validate(typed)
        except ValidationError as error:
            raise invalid(error) from None


def _typed(text: str, annotation: object) -> object:
    """What the text spells, or the text itself, which then fails the strict schema."""
    if annotation is int and _INTEGER.fullmatch(text):
        return int(text)
    if annotation is bool:
        return _BOOLEANS.get(text.lower(), text)
    return text


def invalid(error: ValidationError) -> FaceError:
    """The first thing that is wrong, in a sentence; never the value that was sent."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    subject = f"Parameter '{where}'" if where else "The request"
    return FaceError(ErrorCode.INVALID_PARAMETER, f"{subject}: {first['msg'].removeprefix('Value error, ')}.")
