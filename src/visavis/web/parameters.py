"""Request parameters: one strict schema for each operation, for JSON, forms and queries alike."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final, Self

from pydantic import AliasChoices, BaseModel, ConfigDict, ValidationError, model_validator
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo
from starlette.datastructures import QueryParams

from visavis.errors import ErrorCode, ServiceError

_INTEGER = re.compile(r"-?[0-9]{1,4000}", re.ASCII)
"""Python reads at most 4,300 digits. A much shorter limit would call a large number no number."""
_BOOLEANS = {"true": True, "false": False}

_PLAIN = {"model_type": "Input should be an object", "bytes_type": "Input should be a file"}
"""Messages for clients, where pydantic's own would name Python types."""


class _InQuery:
    """Marks a parameter that always comes in the URL's query, not in the body."""


IN_QUERY: Final = _InQuery()


class Parameters(BaseModel):
    """Parameters of an operation. Types are exact, unknown names are ignored, null is absent (contract.md 5)."""

    model_config = ConfigDict(
        strict=True, frozen=True, extra="ignore", alias_generator=to_camel, use_attribute_docstrings=True
    )

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, data: object) -> object:
        if isinstance(data, dict):
            return {name: value for name, value in data.items() if value is not None}
        return data

    @classmethod
    def read(cls, query: QueryParams, body: Mapping[str, object], *, spelt_out: bool = False) -> Self:
        """The parameters of one request.

        Numbers and booleans are text in the query, and in the body if that is a form (`spelt_out`). A list there
        is a parameter that came more than once, which is an error.
        Raises INVALID_PARAMETER with the name of the first wrong parameter as subject.
        """
        given, twice = {}, set[str]()
        for name, field, in_query in cls.wire_fields():
            if name in (query if in_query else body):
                value = body[name] if not in_query else query.getlist(name)
                if isinstance(value, list) and (in_query or spelt_out):
                    value, twice = (value, twice | {name}) if len(value) > 1 else (value[0], twice)
                if (in_query or spelt_out) and isinstance(value, str):
                    value = _typed(value, field.annotation)
                given[name] = value
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise _invalid(error, twice) from None

    @classmethod
    def wire_fields(cls) -> Sequence[tuple[str, FieldInfo, bool]]:
        """(name on the wire, field, whether it is part of the query), once for each name that a field has."""
        return _wire_fields(cls)


class NoParameters(Parameters):
    """Parameters of an operation that takes none besides its path."""


@cache  # every request asks for those of its operation
def _wire_fields(schema: type[Parameters]) -> Sequence[tuple[str, FieldInfo, bool]]:
    found = []
    for attribute, field in schema.model_fields.items():
        alias = field.validation_alias or field.alias or attribute
        names = alias.choices if isinstance(alias, AliasChoices) else [alias]
        found += [(str(name), field, IN_QUERY in field.metadata) for name in names]
    return tuple(found)


def _typed(text: str, annotation: object) -> object:
    """The number or boolean that the text spells, or the text itself, which then fails the strict schema."""
    if annotation in {int, int | None} and _INTEGER.fullmatch(text):
        return int(text)
    if annotation is bool:
        return _BOOLEANS.get(text.lower(), text)
    return text


def _invalid(error: ValidationError, twice: set[str]) -> ServiceError:
    """An error with the first wrong parameter in a sentence, without its value. `twice`: names that came twice."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    subject = f"Parameter '{where}'" if where else "The request"
    message = _PLAIN.get(first["type"], first["msg"]).removeprefix("Value error, ")
    detail = f"{subject} is given more than once." if where in twice else f"{subject}: {message}."
    return ServiceError(ErrorCode.INVALID_PARAMETER, detail, subject=str(first["loc"][0]) if where else None)
