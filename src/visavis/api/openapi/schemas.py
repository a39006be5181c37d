"""JSON Schemas of parameters and answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from visavis.web.parameters import Parameters

JsonSchema: TypeAlias = dict[str, Any]

_REF = "#/components/schemas/{model}"


class _Wire(GenerateJsonSchema):
    """A generator for the wire, where a field that is None in Python is absent."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        described = super().default_schema(schema)
        if "default" in described and described["default"] is None:
            del described["default"]
        return described

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - the names on the wire say it all
        return False


@dataclass(frozen=True, slots=True)
class Request:
    """The schemas of the parameters of an operation, in query and body."""

    query: dict[str, JsonSchema]
    required: frozenset[str]
    """Names of the required query parameters."""
    body: JsonSchema | None
    """None if the operation takes no body."""
    definitions: dict[str, JsonSchema]


def request(schema: type[Parameters]) -> Request:
    """The parameters of an operation, divided into query and body."""
    whole = schema.model_json_schema(ref_template=_REF, schema_generator=_Wire)
    properties, required = whole.get("properties", {}), whole.get("required", [])
    in_query = {name for name, _, in_query in schema.wire_fields() if in_query}
    in_body = {name: described for name, described in properties.items() if name not in in_query}
    body = {
        "type": "object",
        "properties": in_body,
        "required": [name for name in required if name in in_body],
        **({"allOf": whole["allOf"]} if "allOf" in whole else {}),
    }
    return Request(
        query={name: described for name, described in properties.items() if name in in_query},
        required=frozenset(required) & in_query,
        body=body if in_body else None,
        definitions=whole.get("$defs", {}),
    )


def definitions(answers: Iterable[type[BaseModel]]) -> dict[str, JsonSchema]:
    """The schemas of answers, and of all types that they contain, by name."""
    _, whole = models_json_schema(
        [(answer, "serialization") for answer in answers], ref_template=_REF, schema_generator=_Wire
    )
    found: dict[str, JsonSchema] = whole["$defs"]
    return found


def reference(name: str) -> JsonSchema:
    return {"$ref": _REF.format(model=name)}


def resolve(schema: JsonSchema, known: dict[str, JsonSchema]) -> JsonSchema:
    """The schema that a reference points to; any other schema unchanged."""
    name = schema.get("$ref", "").rpartition("/")[2]
    return known[name] if name else schema
