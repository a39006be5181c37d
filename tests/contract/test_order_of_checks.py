"""With two things wrong, the answer is about the one that is checked first."""

from __future__ import annotations

from itertools import combinations

import pytest

from .answers import assert_error
from .faults import ALL, BY_NAME, Fault
from .servers import Servers
from .tables import OPERATIONS, Operation, Place
from .test_error_codes import RECIPES

_INVALID = {"bad parameter", "bad group id", "no face", "broken Base64"}
"""What is answered with -40000 wherever the table of recipes does not name it for a code of its own."""

_SLOW = "URL that never answers"
"""Takes seconds wherever it is the answer; URL without a picture is of the same stage."""


def _answer(operation: Operation, fault: Fault) -> tuple[int, str] | None:
    """What the fault alone is answered with, by the table of recipes."""
    cause = fault.name.removesuffix(" as the target")
    for (name, code, _), recipe in RECIPES.items():
        if name == repr(operation) and recipe == cause:
            return code, operation.message(code, fault.picture)
    if cause in _INVALID:
        return -40000, operation.message(-40000)
    # The recipe of v2.0 for this code is a file.
    return (-45020, operation.message(-45020, fault.picture)) if cause == "bytes too large" else None


def _body(first: Fault, second: Fault) -> Place | None:
    return first.body or second.body


def _pairs(operation: Operation) -> list[tuple[Fault, Fault]]:
    """Pairs that can be in one request, are told apart by their codes, and have an order."""
    fitting = [fault for fault in ALL if fault.fits(operation)]
    return [
        (first, second)
        for first, second in combinations(fitting, 2)
        if first.stage < second.stage
        and first.slot != second.slot
        and not (first.body and second.body and first.body != second.body)
        and _answer(operation, first) != _answer(operation, second)
        and not first.name.startswith(_SLOW)
    ]


@pytest.mark.parametrize(
    ("operation", "first", "second"),
    [
        pytest.param(operation, first, second, id=f"{operation}-{first.name} before {second.name}")
        for operation in OPERATIONS
        for first, second in _pairs(operation)
    ],
)
def test_the_earlier_check_wins(operation: Operation, first: Fault, second: Fault, servers: Servers) -> None:
    call = servers.main.call(operation, _body(first, second))
    call = second.apply(first.apply(call, servers.host), servers.host)
    expected = _answer(operation, first)
    assert expected is not None
    assert_error(servers.main.send(call), expected[0], first.picture)


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.bodies], ids=str)
@pytest.mark.parametrize(
    ("body", "content_type"),
    [(b"{", "application/json"), (b"{}", "text/plain"), (b"x", "multipart/form-data; boundary=b")],
    ids=["broken JSON", "foreign type", "broken form"],
)
def test_credentials_are_checked_before_the_body(
    operation: Operation, body: bytes, content_type: str, servers: Servers
) -> None:
    call = BY_NAME["wrong credentials"].apply(servers.main.call(operation), servers.host)
    code = operation.dialect.wrong_credentials
    assert_error(servers.main.send(call.with_raw(body, content_type)), code)


@pytest.mark.parametrize(
    "operation", [each for each in OPERATIONS if each.takes("group-id") and each.bodies], ids=str
)
def test_a_broken_body_is_reported_before_a_missing_group(operation: Operation, servers: Servers) -> None:
    call = servers.main.call(operation).put("path", "group-id", "a-group-that-never-was")
    answer = servers.main.send(call.with_raw(b"{", "application/json"))
    assert_error(answer, -40000)
