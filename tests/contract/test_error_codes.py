"""Every error code that the documents list for an operation comes out of a real server."""

from __future__ import annotations

from typing import Any

import pytest

from .answers import assert_error
from .ground import FACE_QUOTA, Ground
from .recipes import cook, names
from .tables import DIALECTS, OPERATIONS, Operation, listed

Triple = tuple[str, int, str]
"""Operation, code, message."""

DOCUMENTED = [
    (operation, code, message)
    for operation in OPERATIONS
    for code, messages in operation.errors.items()
    for message in messages
]


def _by_triple(table: dict[str, Any]) -> dict[Triple, str]:
    """What a table with a row for each code, or a list with one for each message, has for each triple."""
    return {
        (repr(operation), code, message): entry
        for operation in OPERATIONS
        for code, messages in operation.errors.items()
        if str(code) in table.get(operation.name, {})
        for message, entry in zip(messages, listed(table[operation.name][str(code)]), strict=True)
    }


RECIPES = {triple: recipe for each in DIALECTS for triple, recipe in _by_triple(each.table("recipes")).items()}

UNREACHABLE = {triple for each in DIALECTS for triple in _by_triple(each.table("recipes").get("unreachable", {}))}

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
    operation: Operation, code: int, message: str, ground: Ground
) -> None:
    answer = cook(RECIPES[repr(operation), code, message], operation, ground)
    assert_error(answer, code, message)


def test_a_group_nearly_full_takes_what_fits_and_says_so(ground: Ground) -> None:
    operation = ground.dialect.operations["register"]
    answer = cook("group nearly full", operation, ground)
    [message] = operation.errors[40070]
    assert answer.status == 200
    assert answer.body["header"] == {"isSuccessful": True, "resultCode": 40070, "resultMessage": message}
    assert answer.data["addedFaceCount"] == FACE_QUOTA
    assert answer.data["notAddedFaceCount"] == len(answer.data["notAddedFaces"]) > 0


def test_a_full_group_says_what_is_wrong_with_the_picture_first(ground: Ground) -> None:
    operation = ground.dialect.operations["register"]
    call = ground.small.call(operation).put("path", "group-id", ground.full_group)
    answer = ground.small.send(call.with_picture({"bytes": "%%%%"}))
    assert_error(answer, -45030)
