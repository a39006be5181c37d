"""A row of a dialect's table whose parts do not fit together fails mypy."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from visavis.api.dialect import Dialect
from visavis.app import DIALECTS
from visavis.web.parameters import Parameters

ROOT = Path(__file__).parents[2]
API = sorted((ROOT / "src" / "visavis" / "api").rglob("*.py"))

ROWS = """
from visavis.api.nhn import operations, present, requests
from visavis.api.nhn.operations import HasImage
from visavis.api.operation import AnyOperation, Operation
from visavis.audit_events import Effect
from visavis.core.detection import Detected

USE = Effect.USE
Row = Operation[HasImage, Detected]


def rows() -> tuple[AnyOperation, ...]:
    return (
        {rows}
    )
"""
ROW = (
    'Row(name="", summary="", effect=USE, method="", path="", '
    "run=operations.{run}, present=present.{present}, schema=requests.{schema}, form=requests.{form}),"
)
FITTING = {"run": "detect", "present": "detected", "schema": "DetectJson", "form": "DetectForm"}


def row(**changed: str) -> str:
    return ROW.format(**(FITTING | changed))


def complaints(rows: list[str], folder: Path) -> list[str]:
    """What mypy says of rows, with the settings and the cache of the repository."""
    file = folder / "rows.py"
    file.write_text(ROWS.format(rows="\n        ".join(rows)), encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--no-error-summary", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.skipif(find_spec("mypy") is None, reason="the environment of the oldest packages has no mypy")
def test_each_part_of_a_row_that_does_not_fit_is_an_error_and_no_other(tmp_path: Path) -> None:
    found = complaints(
        [
            row(),
            row(schema="SearchForm", form="VerifyForm"),
            row(present="verified"),
            row(run="verify"),
            row(run="register"),
            row(schema="ListQuery"),
            row(form="TwoImageFiles"),
        ],
        tmp_path,
    )
    parts = ["present", "run", "run", "schema", "form"]
    assert len(found) == len(parts), "\n".join(found)
    for line, part in zip(found, parts, strict=True):
        assert f'Argument "{part}" to "Operation" has incompatible type' in line


def test_every_row_says_what_its_parts_must_fit() -> None:
    calls = [
        node.func for file in API for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)
    ]
    bare = [func for func in calls if isinstance(func, ast.Name) and func.id == "Operation"]
    typed = [func for func in calls if isinstance(func, ast.Subscript) and ast.unparse(func.value) == "Operation"]
    assert bare == []
    assert len(typed) >= 25


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_what_a_row_takes_are_parameters(dialect: Dialect) -> None:
    for operation in dialect.operations:
        assert issubclass(operation.schema, Parameters)
        assert operation.form is None or issubclass(operation.form, Parameters)
