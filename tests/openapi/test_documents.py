"""The documents are valid and say what the tables of operations say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
import schemathesis

from visavis.api.dialect import Dialect
from visavis.api.openapi.document import document

from .dialects import DIALECTS, every_operation, operations

each_dialect = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)


@each_dialect
def test_a_document_is_valid(dialect: Dialect) -> None:
    described = document(dialect)
    assert described["openapi"].startswith("3.1.")
    schemathesis.openapi.from_dict(described).validate()
    for schema in described["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)


@each_dialect
def test_a_document_has_every_operation_of_its_dialect_and_no_other(dialect: Dialect) -> None:
    described = {(method, re.sub(r"{.*?}", "{}", path)) for method, path, _ in operations(document(dialect))}
    assert described == {
        (operation.method, re.sub(r"{.*?}", "{}", dialect.prefix + operation.path))
        for operation in dialect.operations
    }


@each_dialect
def test_a_document_refers_only_to_what_it_has(dialect: Dialect) -> None:
    described = document(dialect)
    for reference in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(described)):
        here = described
        for step in reference.split("/"):
            here = here[step]


@each_dialect
def test_every_operation_may_be_put_off(dialect: Dialect) -> None:
    for _, path, operation in operations(document(dialect)):
        assert {"429", "503"} <= operation["responses"].keys(), path


@each_dialect
def test_every_parameter_and_every_field_is_described(dialect: Dialect) -> None:
    described = document(dialect)
    for _, path, operation in operations(described):
        assert operation["summary"], path
        assert all(parameter["description"] for parameter in operation["parameters"]), path
    for name, schema in described["components"]["schemas"].items():
        for field, about in schema["properties"].items():
            assert about["description"], f"{name}.{field}"


@each_dialect
def test_a_document_speaks_to_its_readers(dialect: Dialect) -> None:
    assert not re.search(r"contract\.md|\bseeds?\b", json.dumps(document(dialect)))


@each_dialect
def test_the_keys_of_a_dialect_are_its_security(dialect: Dialect) -> None:
    described = document(dialect)
    required = {header.name for header in dialect.key_headers if header.required}
    assert set(described["components"]["securitySchemes"]) == {header.name for header in dialect.key_headers}
    assert set().union(*described["security"][:1]) == required


@pytest.mark.parametrize(
    ("dialect", "described", "operation"),
    [pytest.param(*row, id=f"{row[0].name}-{row[2]['operationId']}") for row in every_operation()],
)
def test_examples_are_of_their_schemas(
    dialect: Dialect, described: dict[str, Any], operation: dict[str, Any]
) -> None:
    shown = list(contents(described, operation))
    assert shown
    for content in shown:
        schema = {**content["schema"], "components": described["components"]}
        for name, example in content["examples"].items():
            assert jsonschema_rs.Draft202012Validator(schema).is_valid(example["value"]), name


def contents(described: dict[str, Any], operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Everything in JSON that the operation takes or answers."""
    request = operation.get("requestBody", {"content": {}})
    for part in (request, *operation["responses"].values()):
        name = part.get("$ref", "").rpartition("/")[2]
        content = (described["components"]["responses"][name] if name else part)["content"]
        if "application/json" in content:
            yield content["application/json"]
