"""A Korean page has the sections of its English page, and was compared with it as it is now."""

from __future__ import annotations

import re
import runpy
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
TOOL: dict[str, Any] = runpy.run_path(str(DOCS / "translations.py"))
PAGES: list[Path] = TOOL["korean_pages"]()

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))


def prose(page: Path) -> str:
    return re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


def outline(page: Path) -> list[str]:
    """The levels of the headings, in order."""
    return re.findall(r"^(#+) ", prose(page), re.MULTILINE)


@each_page
def test_a_page_lacks_no_heading_of_its_english_page(page: Path) -> None:
    """It may have more, where a law of Korea asks for them."""
    assert Counter(outline(TOOL["english"](page))) <= Counter(outline(page))


@each_page
def test_the_english_page_has_not_changed_since_the_translation(page: Path) -> None:
    name = page.relative_to(ROOT)
    assert TOOL["is_current"](page), (
        f"compare {name} with its English page, then: python docs/translations.py {name}"
    )


@pytest.mark.parametrize("name", ["fairness", "evaluate", "operations", "privacy", "concepts/similarity"])
def test_tables_have_the_figures_of_the_english_page(name: str) -> None:
    """Row by row, in any order: Korean puts the whole before the part."""

    def figures(suffix: str) -> list[list[str]]:
        rows = re.findall(r"^\|.*$", prose(DOCS / f"{name}{suffix}"), re.MULTILINE)
        return [sorted(re.findall(r"\d+(?:[.,]\d+)+|\d{3,}", row)) for row in rows]

    assert figures(".ko.md") == figures(".md")


def test_a_change_of_the_english_page_is_noticed(tmp_path: Path) -> None:
    english, korean = tmp_path / "a.md", tmp_path / "a.ko.md"
    english.write_text("# One\n")
    korean.write_text("# 하나\n")
    assert not TOOL["is_current"](korean)
    TOOL["mark"](korean)
    TOOL["mark"](korean)
    assert TOOL["is_current"](korean)
    assert korean.read_text().count("<!--") == 1
    english.write_text("# Two\n")
    assert not TOOL["is_current"](korean)
