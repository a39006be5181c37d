"""docs/coverage.md is what the tables say, and the tests it names exist."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "docs" / "coverage.py"))


def test_the_page_is_up_to_date(script: dict[str, Any]) -> None:
    written = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")
    assert written == script["page"](), "run: python docs/coverage.py"


@pytest.fixture(scope="module")
def collected() -> list[str]:
    folders = ["tests/contract", "tests/searchface"]
    command = [sys.executable, "-m", "pytest", "--collect-only", "-p", "no:xdist", *folders]
    listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603 - our own
    return listing.stdout.splitlines()


def test_every_test_that_the_page_names_exists(script: dict[str, Any], collected: list[str]) -> None:
    named = {row.test for suite in script["SUITES"] for row in script["rows"](suite) if row.test}
    assert len(named) > 200
    assert named <= set(collected)


def test_every_parameter_and_field_has_the_cases_that_the_page_names(
    script: dict[str, Any], collected: list[str]
) -> None:
    prefixes = [
        f"{script['VALUES']}[{case}"
        for suite in script["SUITES"]
        if suite.folder.startswith("contract")
        for *_, case in script["parameters"](suite)
    ]
    prefixes += [
        f"{suite.fields_test}[{case}" for suite in script["SUITES"] for *_, case in script["fields"](suite)
    ]
    assert len(prefixes) > 150
    assert [prefix for prefix in prefixes if not any(case.startswith(prefix) for case in collected)] == []
