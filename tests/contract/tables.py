"""A dialect's tables as typed values: operations, parameters, response fields, error codes."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal, TypeAlias

Place: TypeAlias = Literal["path", "query", "json", "form"]

INVALID_PARAMETER = -40000


@dataclass(frozen=True)
class Parameter:
    """A request parameter: where it goes and which values it takes."""

    name: str
    place: Place
    type: str
    required: bool = False
    min: int = 0
    max: int = 0
    pattern: str = ""
    max_length: int = 0
    choices: tuple[str, ...] = ()
    default: object = None
    example: int = 0
    error: int = INVALID_PARAMETER


@dataclass(frozen=True)
class ResponseField:
    """A field of an answer: `data.faces[].bbox.x0` means bbox.x0 of each element of data.faces."""

    path: str
    type: str
    required: bool


@dataclass(frozen=True)
class Operation:
    """One row of the vendor's table of contents."""

    dialect: Dialect
    name: str
    method: str
    path: str
    parameters: tuple[Parameter, ...]
    fields: tuple[ResponseField, ...]
    errors: Mapping[int, tuple[str, ...]]
    """Code to message; a code that says which picture it means has one for each."""

    def __repr__(self) -> str:
        return f"{self.dialect.name}.{self.name}"

    def at(self, place: Place) -> tuple[Parameter, ...]:
        return tuple(parameter for parameter in self.parameters if parameter.place == place)

    @property
    def bodies(self) -> tuple[Place, ...]:
        """The kinds of body it takes; none for an operation that has no body."""
        return tuple(place for place in ("json", "form") if self.at(place))

    @property
    def images(self) -> tuple[Parameter, ...]:
        """The pictures it takes in a JSON body."""
        return tuple(parameter for parameter in self.parameters if parameter.type == "image")

    @property
    def files(self) -> tuple[Parameter, ...]:
        """The pictures it takes in a form."""
        return tuple(parameter for parameter in self.parameters if parameter.type == "file")

    def takes(self, name: str) -> bool:
        return any(parameter.name == name for parameter in self.parameters)

    def message(self, code: int, picture: int = 0) -> str:
        """The message of a code, in the table's spelling for that picture where it has one for each."""
        messages = self.errors[code]
        return messages[picture] if len(messages) > 1 else messages[0]


@dataclass(frozen=True)
class Dialect:
    """What a folder of tables says."""

    name: str
    folder: Path

    def __repr__(self) -> str:
        return self.name

    def table(self, file: str) -> dict[str, Any]:
        return tomllib.loads((self.folder / f"{file}.toml").read_text())

    @cached_property
    def _common(self) -> dict[str, Any]:
        return self.table("dialect")

    @property
    def success_message(self) -> str:
        return str(self._common["success_message"])

    @property
    def wrong_credentials(self) -> int:
        return int(self._common["wrong_credentials"])

    @property
    def foreign_credentials(self) -> int:
        """What credentials of another app are answered with, and an app key that is none."""
        return int(self._common.get("foreign_credentials", self.wrong_credentials))

    @property
    def undecodable_base64(self) -> int:
        return int(self._common["undecodable_base64"])

    @property
    def max_image_bytes(self) -> int:
        return int(self._common["max_image_bytes"])

    @property
    def headers(self) -> dict[str, str]:
        """Request header to the kind of key it carries."""
        return dict(self._common["headers"])

    @property
    def optional_headers(self) -> dict[str, str]:
        return dict(self._common["optional_headers"])

    @cached_property
    def operations(self) -> dict[str, Operation]:
        parameters, fields = self.table("parameters"), self.table("responses")
        errors = self.table("errors")
        return {
            name: Operation(
                dialect=self,
                name=name,
                method=row["method"],
                path=row["path"],
                parameters=tuple(
                    Parameter(name=parameter, place=place, **{**rule, "choices": tuple(rule.get("choices", ()))})
                    for place, rules in parameters.get(name, {}).items()
                    for parameter, rule in rules.items()
                ),
                fields=tuple(
                    ResponseField(path, kind, required=group == "required")
                    for group, rows in fields.get(name, {}).items()
                    for path, kind in rows.items()
                ),
                errors={int(code): listed(messages) for code, messages in errors[name].items()},
            )
            for name, row in self.table("operations").items()
        }


def listed(value: str | list[str]) -> tuple[str, ...]:
    """One or several, as the tables write it."""
    return (value,) if isinstance(value, str) else tuple(value)


@cache
def dialect(name: str) -> Dialect:
    return Dialect(name, Path(__file__).parent / name)


V1, PLUS, V2, V2_1 = dialect("v1"), dialect("plus"), dialect("v2"), dialect("v2.1")

DIALECTS = (V1, PLUS, V2, V2_1)

OPERATIONS = tuple(operation for each in DIALECTS for operation in each.operations.values())

IMAGE_OPERATIONS = tuple(operation for operation in OPERATIONS if operation.images)
