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
    assert "What ran: `tests/unit`, `tests/fuzz`. A room" in page


def test_the_files_of_which_the_least_ran_are_named_in_that_order(script: dict[str, Any]) -> None:
    most = {f"a__f{number:02}": (30 + number, 100) for number in range(script["LEAST"])}
    page = script["page"](report(**most, a__least=(1, 100)), ["tests/unit"])
    files = page.partition("## The ")[2]
    assert files.index("src/a/least.py") < files.index("src/a/f00.py") < files.index("src/a/f18.py")
    assert "src/a/f19.py" not in files
