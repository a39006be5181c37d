"""Every error code that the documents list for an operation comes out of a real server."""

from __future__ import annotations

from typing import Any

import pytest

from .answers import assert_error
from .recipes import cook, names
from .servers import FACE_QUOTA, Servers
from .tables import DIALECTS, OPERATIONS, PLUS, V1, Dialect, Operation, listed

Triple = tuple[str, int, str]
"""Operation, code, message."""

DOCUMENTED = [
    (operation, code, message)
    for operation in OPERATIONS
    for code, messages in operation.errors.items()
    for message in messages
]


def _by_triple(dialect: Dialect, table: dict[str, Any]) -> dict[Triple, str]:
    """What a table with a row for each code, or a list with one for each message, has for each triple."""
    return {
        (repr(operation), code, message): entry
        for operation in dialect.operations.values()
        for code, messages in operation.errors.items()
        if str(code) in table.get(operation.name, {})
        for message, entry in zip(messages, listed(table[operation.name][str(code)]), strict=True)
    }


RECIPES = {
    triple: recipe
    for dialect in DIALECTS
    for triple, recipe in _by_triple(dialect, dialect.table("recipes")).items()
}

UNREACHABLE = {
    triple
    for dialect in DIALECTS
    for triple in _by_triple(dialect, dialect.table("recipes").get("unreachable", {}))
}

FAILURES = [
    (operation, code, message)
    for operation, code, message in DOCUMENTED
    if code < 0 and (repr(operation), code, message) in RECIPES
]


def test_every_documented_error_has_a_recipe_or_a_reason_why_not() -> None:
    documented = {(repr(operation), code, message) for operation, code, message in DOCUMENTED}
    assert documented == RECIPES.keys() | UNREACHABLE
    assert not RECIPES.keys() & UNREACHABLE


def test_every_recipe_named_is_known() -> None:
    assert set(RECIPES.values()) <= names()


@pytest.mark.parametrize(("operation", "code", "message"), FAILURES, ids=str)
def test_a_documented_error_is_answered_with_exactly_its_envelope(
    operation: Operation, code: int, message: str, servers: Servers
) -> None:
    answer = cook(RECIPES[repr(operation), code, message], operation, servers)
    assert_error(answer, code, operation.errors[code].index(message))


@pytest.mark.parametrize("dialect", DIALECTS, ids=str)
def test_a_group_nearly_full_takes_what_fits_and_says_so(dialect: Dialect, servers: Servers) -> None:
    operation = dialect.operations["register"]
    answer = cook("group nearly full", operation, servers)
    [message] = operation.errors[40070]
    assert answer.status == 200
    assert answer.body["header"] == {"isSuccessful": True, "resultCode": 40070, "resultMessage": message}
    assert answer.data["addedFaceCount"] == FACE_QUOTA
    assert answer.data["notAddedFaceCount"] == len(answer.data["notAddedFaces"]) > 0


@pytest.mark.parametrize("dialect", DIALECTS, ids=str)
def test_a_full_group_says_what_is_wrong_with_the_picture_first(dialect: Dialect, servers: Servers) -> None:
    operation = dialect.operations["register"]
    call = servers.small.call(operation).put("path", "group-id", servers.full_group)
    answer = servers.small.send(call.with_image({"bytes": "%%%%"}))
    assert_error(answer, dialect.undecodable_base64)


@pytest.mark.parametrize("dialect", [V1, PLUS], ids=str)
def test_the_quota_of_groups_holds_where_a_document_has_no_code_for_it(dialect: Dialect, servers: Servers) -> None:
    answer = cook("too many groups", dialect.operations["create_group"], servers)
    assert -40070 not in answer.operation.errors
    assert answer.status == 200
    assert answer.body == {
        "header": {"isSuccessful": False, "resultCode": -40070, "resultMessage": "ServiceQuotaExceededException"}
    }
