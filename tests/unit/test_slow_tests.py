"""`make test-fast` leaves tests out by the names of their fixtures, which therefore have to be the right ones."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import SLOW_FIXTURES

TESTS = Path(__file__).parents[1]


def fixtures() -> Iterator[str]:
    for file in TESTS.rglob("conftest.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and any("fixture" in ast.unparse(d) for d in node.decorator_list):
                yield node.name


def test_every_fixture_that_is_slow_exists() -> None:
    assert set(fixtures()) >= SLOW_FIXTURES
