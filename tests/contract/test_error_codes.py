"""Every error code that the documents list for an operation comes out of a real server."""

from __future__ import annotations

import pytest

from .answers import assert_error
from .ground import FACE_QUOTA, Ground
from .recipes import cook, names
from .tables import DIALECTS, OPERATIONS, Operation

DOCUMENTED = [(operation, code) for operation in OPERATIONS for code in operation.errors]

RECIPES: dict[tuple[str, int], str] = {
    (f"{dialect.name}.{operation}", int(code)): recipe
    for dialect in DIALECTS
    for operation, recipes in dialect.table("recipes").items()
    if operation != "unreachable"
    for code, recipe in recipes.items()
}

UNREACHABLE = {
    (f"{dialect.name}.{operation}", int(code))
    for dialect in DIALECTS
    for operation, reasons in dialect.table("recipes").get("unreachable", {}).items()
    for code in reasons
}

FAILURES = [(operation, code) for operation, code in DOCUMENTED if code < 0 and (repr(operation), code) in RECIPES]


def test_every_documented_error_has_a_recipe_or_a_reason_why_not() -> None:
    documented = {(repr(operation), code) for operation, code in DOCUMENTED}
    assert documented == RECIPES.keys() | UNREACHABLE
    assert not RECIPES.keys() & UNREACHABLE


def test_every_recipe_named_is_known() -> None:
    assert set(RECIPES.values()) <= names()


@pytest.mark.parametrize(("operation", "code"), FAILURES, ids=str)
def test_a_documented_error_is_answered_with_exactly_its_envelope(
    operation: Operation, code: int, ground: Ground
) -> None:
    answer = cook(RECIPES[repr(operation), code], operation, ground)
    assert_error(answer, code, operation.errors[code])


def test_a_group_nearly_full_takes_what_fits_and_says_so(ground: Ground) -> None:
    operation = ground.dialect.operations["register"]
    answer = cook(RECIPES[repr(operation), 40070], operation, ground)
    assert answer.status == 200
    assert answer.body["header"] == {
        "isSuccessful": True,
        "resultCode": 40070,
        "resultMessage": operation.errors[40070],
    }
    assert answer.data["addedFaceCount"] == FACE_QUOTA
    assert answer.data["notAddedFaceCount"] == len(answer.data["notAddedFaces"]) > 0


def test_a_full_group_says_what_is_wrong_with_the_picture_first(ground: Ground) -> None:
    operation = ground.dialect.operations["register"]
    call = ground.small.call(operation).put("path", "group-id", ground.full_group)
    answer = ground.small.send(call.with_picture({"bytes": "%%%%"}))
    assert_error(answer, -45030, operation.errors[-45030])
