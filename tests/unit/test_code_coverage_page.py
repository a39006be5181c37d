"""docs/code-coverage.md tells what coverage.py found, by rooms, and what ran."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "docs" / "code_coverage.py"))


def report(**files: tuple[int, int]) -> dict[str, Any]:
    """Files by name, with the lines that ran and all lines; two underscores stand for a slash."""
    return {
        "files": {
            f"src/{name.replace('__', '/')}.py": {"summary": {"covered_lines": ran, "num_statements": lines}}
            for name, (ran, lines) in files.items()
        }
    }


def test_a_room_is_the_sum_of_its_files(script: dict[str, Any]) -> None:
    found = report(
        visavis__core__faces=(9, 10), visavis__core__sub__deep=(1, 10), visavis__types=(4, 5), client__retry=(0, 0)
    )
    page = script["page"](found, ["tests/unit", "tests/fuzz"])
    assert "| `src/visavis/core` | 20 | 50.0 % |" in page
    assert "| `src/visavis/*.py` | 5 | 80.0 % |" in page
    assert "| `src/client/*.py` | 0 | 100.0 % |" in page
    assert "56.0 % of the lines that can run did: 14 of 25" in page
    assert "What ran: `tests/unit`, `tests/fuzz`." in page


def test_files_of_which_little_ran_are_named_the_least_first(script: dict[str, Any]) -> None:
    page = script["page"](report(a__some=(79, 100), a__least=(1, 100), a__most=(80, 100)), ["tests/unit"])
    files = page.partition("## Files below")[2]
    assert files.index("src/a/least.py") < files.index("src/a/some.py")
    assert "src/a/most.py" not in files


def test_without_such_files_the_page_says_so(script: dict[str, Any]) -> None:
    assert script["page"](report(a__whole=(5, 5)), ["tests/unit"]).endswith("None.\n")
