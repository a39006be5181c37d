"""Whatever is sent, the answer is one that the document knows."""

from __future__ import annotations

import os
from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CheckFunction
from schemathesis.config import GenerationConfig
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi import checks

from visavis.api.dialect import HTTP_ERRORS, MAX_DETAIL, Dialect
from visavis.api.nhn.plus import PLUS
from visavis.api.nhn.v1 import V1
from visavis.api.nhn.v2 import V2
from visavis.api.nhn.v2_1 import V2_1
from visavis.api.openapi.document import document
from visavis.api.openapi.errors import errors
from visavis.api.openapi.schemas import definitions
from visavis.api.searchface.dialect import SEARCHFACE

from .conftest import Servers

CHECKS: list[CheckFunction] = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]

few_examples = settings(
    max_examples=int(os.environ.get("VISAVIS_TEST_EXAMPLES", "5")),
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
    ],
)


def strict(dialect: Dialect) -> BaseSchema:
    """The dialect's document, in which answers have no field that is not described.

    Without pictures by address: they would be looked for on the net.
    """
    described = document(dialect)
    for name in definitions([dialect.answer(operation.data) for operation in dialect.operations]):
        described["components"]["schemas"][name]["additionalProperties"] = False
    for item in described["paths"].values():
        for operation in item.values():
            content = operation.get("requestBody", {}).get("content", {})
            content.get("application/json", {}).get("examples", {}).pop("url", None)
    config = schemathesis.Config()
    config.projects.default.generation = GenerationConfig(deterministic=True, with_security_parameters=False)
    config.projects.default.phases.examples.enabled = False
    return schemathesis.openapi.from_dict(described, config=config)


def assert_documented(
    dialect: Dialect, servers: Servers, case: schemathesis.Case[Any], known: dict[str, str]
) -> None:
    """Send the request, with the keys of the app and half of the time to what it has."""
    for name, value in (case.path_parameters or {}).items():
        if name == "appKey" or len(str(value)) % 2:
            case.path_parameters[name] = known[name]
    response = case.call(servers.server.url + dialect.prefix, headers=servers.headers[dialect.name])
    case.validate_response(response, checks=CHECKS)
    assert response.status_code < 500 or response.status_code == 503
    answer = response.json()
    if response.status_code == 200 and answer.get("header", {"isSuccessful": True})["isSuccessful"]:
        return
    [detail] = response.headers["x-error-detail"]
    assert 0 < len(detail) <= MAX_DETAIL
    assert detail.isascii()
    assert "-50000" not in response.text
    assert answer in documented(dialect, case)


def documented(dialect: Dialect, case: schemathesis.Case[Any]) -> list[dict[str, Any]]:
    """The bodies of the errors that the operation may answer with."""
    name = case.operation.definition.raw["operationId"]
    [operation] = [operation for operation in dialect.operations if operation.name == name]
    return [dialect.failure(error) for error in (*errors(dialect, operation), *HTTP_ERRORS.values())]


@strict(V1).parametrize()
@few_examples
def test_any_request_of_v1_gets_a_documented_answer(
    case: schemathesis.Case[Any], servers: Servers, known: dict[str, str]
) -> None:
    assert_documented(V1, servers, case, known)


@strict(PLUS).parametrize()
@few_examples
def test_any_request_of_plus_gets_a_documented_answer(
    case: schemathesis.Case[Any], servers: Servers, known: dict[str, str]
) -> None:
    assert_documented(PLUS, servers, case, known)


@strict(V2).parametrize()
@few_examples
def test_any_request_of_v2_gets_a_documented_answer(
    case: schemathesis.Case[Any], servers: Servers, known: dict[str, str]
) -> None:
    assert_documented(V2, servers, case, known)


@strict(V2_1).parametrize()
@few_examples
def test_any_request_of_v2_1_gets_a_documented_answer(
    case: schemathesis.Case[Any], servers: Servers, known: dict[str, str]
) -> None:
    assert_documented(V2_1, servers, case, known)


@strict(SEARCHFACE).parametrize()
@few_examples
def test_any_request_of_search_face_gets_a_documented_answer(
    case: schemathesis.Case[Any], servers: Servers, known: dict[str, str]
) -> None:
    assert_documented(SEARCHFACE, servers, case, known)
