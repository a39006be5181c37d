"""The pages say what the code does, in both languages, and their links lead somewhere."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from fastapi.routing import APIRoute

from visavis.api.dialect import http_error
from visavis.api.nhn.v2 import PARTIAL_SUCCESS, V2

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GUIDES = (DOCS / "api.md", DOCS / "api.ko.md")
PAGES = sorted([*ROOT.glob("README*.md"), *DOCS.rglob("*.md")])

each_guide = pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)


def test_the_generated_pages_are_up_to_date() -> None:
    generated: dict[str, str] = runpy.run_path(str(DOCS / "generate.py"))["pages"]()
    assert {name: (DOCS / name).read_text(encoding="utf-8") for name in generated} == generated, "run: make docs"


def links(page: Path) -> list[str]:
    """The targets of a page's links that lead into this repository."""
    targets = re.findall(r"\]\(([^)\s]+)\)", prose(page))
    return [unquote(target) for target in targets if not re.match(r"[a-z]+:", target)]


def prose(page: Path) -> str:
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """What headings are called in links: small letters, hyphens for spaces, no other punctuation."""
    headings = re.findall(r"^#+ (.+)$", prose(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_a_heading_that_exist(page: Path) -> None:
    for link in links(page):
        file, _, anchor = link.partition("#")
        target = page.parent / file if file else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def error_rows() -> Iterator[tuple[int, str]]:
    """Code and message of every error that is answered with HTTP status 200."""
    yield PARTIAL_SUCCESS.resultCode, PARTIAL_SUCCESS.resultMessage
    for error in (*V2.errors.values(), *V2.upload_errors.values()):
        if error.status == 200:
            yield error.code, error.message


@each_guide
def test_the_guide_lists_every_error_of_the_dialect(guide: Path) -> None:
    listed = re.findall(r"^\| (-?\d{5}) \| `(\w+)` \|", guide.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert {(int(code), message) for code, message in listed} == set(error_rows())


@each_guide
def test_the_guide_lists_every_other_http_status(guide: Path) -> None:
    listed = re.findall(r"^\| (\d{3}) \| (-\d{5}) \|", guide.read_text(encoding="utf-8"), flags=re.MULTILINE)
    overloaded = {error.status for error in V2.errors.values()} - {200}
    assert {(int(status), int(code)) for status, code in listed} == {
        (status, http_error(status).code) for status in {404, 405, 413} | overloaded
    }


def operations() -> set[str]:
    """Method and path of every operation, as clients see them."""
    routes = [route for route in V2.router.routes if isinstance(route, APIRoute)]
    return {
        f"{method} {V2.prefix}{route.path.replace('_id}', '-id}')}"
        for route in routes
        for method in route.methods or ()
    }


@each_guide
def test_the_guide_lists_every_operation(guide: Path) -> None:
    listed = re.findall(r"^\| .+ \| `([A-Z]+ /\S+)` \|$", guide.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert set(listed) == operations()
    assert len(listed) == len(operations())


def code_blocks(page: Path) -> list[str]:
    return re.findall(r"^```.*?^```$", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def test_both_guides_show_the_same_code() -> None:
    english, korean = map(code_blocks, GUIDES)
    assert english
    assert english == korean


def outline(page: Path) -> list[str]:
    """The levels of headings and the widths of table rows, in order."""
    lines = re.findall(r"^(#+) |^(\|.*\|)$", prose(page), flags=re.MULTILINE)
    return [heading or str(row.count("|")) for heading, row in lines]


def test_both_guides_have_the_same_sections_and_tables() -> None:
    assert outline(GUIDES[0]) == outline(GUIDES[1])
