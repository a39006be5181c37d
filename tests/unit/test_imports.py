"""Tests look at everything else, and nothing else looks at tests: what is shared with them is in harness/."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("src", "clients", "harness", "benchmarks", "docs", "demo", "training", "examples")


def imported(source: str) -> Iterator[str]:
    """The modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""


def of_tests(source: str) -> list[str]:
    return [name for name in imported(source) if name.split(".")[0] == "tests"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_nothing_imports_tests(folder: str) -> None:
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files
    found = {str(file.relative_to(ROOT)): of_tests(file.read_text(encoding="utf-8")) for file in files}
    assert {file: names for file, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import tests",
        "import tests.unit as unit",
        "from tests import unit",
        "from tests.unit import test_imports",
        "def late():\n    from tests.unit import test_imports",
    ],
)
def test_every_way_to_import_tests_is_seen(source: str) -> None:
    assert of_tests(source)


@pytest.mark.parametrize("source", ["import testsuite", "from .tests import unit", "from harness import servers"])
def test_other_modules_are_not_taken_for_tests(source: str) -> None:
    assert not of_tests(source)
