"""The pages say what the code does, in both languages, and their links lead somewhere."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from urllib.parse import unquote

import pytest

from visavis.api.dialect import HTTP_ERRORS, Dialect, WireError
from visavis.api.nhn.plus import PLUS
from visavis.api.nhn.v1 import V1
from visavis.api.nhn.v2 import V2
from visavis.api.nhn.v2_1 import V2_1
from visavis.api.openapi.errors import errors
from visavis.api.searchface.dialect import SEARCHFACE
from visavis.vision.models import CARDS, Task

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GUIDE = DOCS / "api"
PAGES = sorted([*ROOT.glob("README*.md"), ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")])
SUBJECTS = ("index", "v2", "v2.1", "v1", "plus", "searchface", "spoofing", "client")
PARTIAL_SUCCESS = (40070, "ServiceQuotaExceededPartialSuccessException")

each_language = pytest.mark.parametrize("suffix", [".md", ".ko.md"], ids=["english", "korean"])
each_dialect = pytest.mark.parametrize(
    "dialect", [V2, V2_1, V1, PLUS, SEARCHFACE], ids=lambda dialect: dialect.name
)
each_nhn_dialect = pytest.mark.parametrize("dialect", [V2, V2_1, V1, PLUS], ids=lambda dialect: dialect.name)
each_subject = pytest.mark.parametrize("subject", SUBJECTS)


def text(subject: str, suffix: str) -> str:
    """A page of the API guide; the page of a dialect has its name."""
    return (GUIDE / f"{subject}{suffix}").read_text(encoding="utf-8")


def rows(pattern: str, page: str) -> list[tuple[str, ...]]:
    """The groups of each line that matches."""
    return [match.groups() for match in re.finditer(f"^{pattern}", page, flags=re.MULTILINE)]


def test_the_generated_pages_are_up_to_date() -> None:
    generated: dict[str, str] = runpy.run_path(str(DOCS / "generate.py"))["pages"]()
    assert {name: (DOCS / name).read_text(encoding="utf-8") for name in generated} == generated, "run: make docs"


def links(page: Path) -> list[str]:
    """The targets of a page's links that lead into this repository."""
    targets = re.findall(r"\]\(([^)\s]+)\)", prose(page.read_text(encoding="utf-8")))
    return [unquote(target) for target in targets if not re.match(r"[a-z]+:", target)]


def prose(page: str) -> str:
    return re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """What headings are called in links: small letters, hyphens for spaces, no other punctuation."""
    headings = re.findall(r"^#+ (.+)$", prose(page.read_text(encoding="utf-8")), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_a_heading_that_exist(page: Path) -> None:
    for link in links(page):
        file, _, anchor = link.partition("#")
        target = page.parent / file if file else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_is_in_the_navigation_of_the_site() -> None:
    """Decisions are found through their list."""
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2]
    named = set(re.findall(r"[\w./-]+\.md", navigation))
    pages = {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md") if not page.name.endswith(".ko.md")}
    assert {page for page in pages if not page.startswith("decisions/0")} == named


def test_every_decision_is_in_the_list_of_decisions() -> None:
    listed = re.findall(
        r"\]\((\d{4}-[\w-]+\.md)\)", (DOCS / "decisions" / "README.md").read_text(encoding="utf-8")
    )
    assert sorted(listed) == sorted(page.name for page in (DOCS / "decisions").glob("0*.md"))
    numbers = [name[:4] for name in listed]
    assert len(set(numbers)) == len(numbers)


def test_what_the_threat_model_says_to_be_shown_by_a_test_has_one() -> None:
    page = (DOCS / "threat-model.md").read_text(encoding="utf-8")
    tests = re.findall(r"`(tests/[\w/]+\.py)`", page)
    assert len(tests) > 20
    assert [test for test in tests if not (ROOT / test).is_file()] == []
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \| ([^|]+) \|$", page, re.MULTILINE)
    claims = [(threat, shown) for threat, shown in rows if threat not in {"threat", "---"}]
    for threat, shown in claims:
        assert "tests/" in shown or "](" in shown or shown.startswith("not prevented"), threat


def test_what_notices_a_change_is_shown_by_a_test_or_said_not_to_be() -> None:
    """Each row of the tables of attackers, assets and tests."""
    page = (DOCS / "threat-model.md").read_text(encoding="utf-8")
    tables = re.findall(r"^\|.*\| test \|\n\|[-|]+\|\n((?:\|.*\|\n)+)", page, re.MULTILINE)
    rows = [
        [cell.strip() for cell in row.strip("|").split(" | ")] for table in tables for row in table.splitlines()
    ]
    assert len(tables) == 2
    assert len(rows) > 30
    for row in rows:
        assert all(row), row
        assert "tests/" in row[-1] or "](" in row[-1] or row[-1].strip("| ") == "not noticed", row


def test_the_guide_has_the_same_pages_in_both_languages() -> None:
    expected = {f"{subject}{suffix}" for subject in SUBJECTS for suffix in (".md", ".ko.md")}
    assert {page.name for page in GUIDE.iterdir()} == expected


@each_language
def test_a_page_links_to_pages_of_its_own_language_apart_from_its_twin(suffix: str) -> None:
    foreign = ".md" if suffix == ".ko.md" else ".ko.md"
    for subject in SUBJECTS:
        files = {link.partition("#")[0] for link in links(GUIDE / f"{subject}{suffix}")}
        known = {f"{other}{foreign}" for other in SUBJECTS}
        assert files & known == {f"{subject}{foreign}"}


def wire_errors(dialect: Dialect) -> set[WireError]:
    return {error for operation in dialect.operations for error in errors(dialect, operation)}


@each_nhn_dialect
@each_language
def test_a_page_lists_every_error_of_its_dialect(dialect: Dialect, suffix: str) -> None:
    listed = {
        (int(code), message)
        for code, messages in rows(r"\| (-?\d{5}) \| (`.+?`) \|", text(dialect.name, suffix))
        for message in re.findall(r"`(.+?)`", messages)
    }
    answered = {(error.code, error.message) for error in wire_errors(dialect) if error.status == 200}
    assert listed == answered | {PARTIAL_SUCCESS}


@each_language
def test_the_page_of_search_face_lists_every_error_with_its_http_status(suffix: str) -> None:
    listed = rows(r"\| (\d{4}) \| (\d{3}) \| `(.+?)` \|", text("searchface", suffix))
    answered = {error for error in wire_errors(SEARCHFACE) if error.status not in {429, 503}}
    assert {WireError(int(code), message, int(status)) for code, status, message in listed} == answered
    assert len(listed) == len(answered)


@each_language
def test_the_guide_lists_every_http_status_that_has_a_code_of_its_own(suffix: str) -> None:
    listed = rows(r"\| (\d{3}) \| (-\d{5}) \|", text("index", suffix))
    of_http = {(error.status, error.code) for error in HTTP_ERRORS.values()}
    of_dialects = {(error.status, error.code) for error in wire_errors(V2) if error.status != 200}
    assert {(int(status), int(code)) for status, code in listed} == of_http | of_dialects


@each_language
@pytest.mark.parametrize("status", [429, 503])
def test_the_guide_names_the_errors_of_search_face_that_come_with_a_status(status: int, suffix: str) -> None:
    [line] = [line for line in text("index", suffix).splitlines() if line.startswith(f"| {status} |")]
    assert set(re.findall(r"(?<!\d)60\d\d(?!\d)", line)) == {
        str(error.code) for error in wire_errors(SEARCHFACE) if error.status == status
    }


@each_dialect
@each_language
def test_a_page_lists_every_operation_of_its_dialect(dialect: Dialect, suffix: str) -> None:
    listed = rows(r"\| .+ \| `([A-Z]+ /\S+)` \|$", text(dialect.name, suffix))
    operations = {
        f"{operation.method} {dialect.prefix}{operation.path}".replace("app_key", "appKey").replace("_id}", "-id}")
        for operation in dialect.operations
    }
    assert {path for (path,) in listed} == operations
    assert len(listed) == len(operations)


@each_dialect
@each_language
def test_a_page_names_every_parameter_of_its_dialect(dialect: Dialect, suffix: str) -> None:
    schemas = {
        schema for operation in dialect.operations for schema in (operation.schema, operation.form) if schema
    }
    names = {name for schema in schemas for name, _, _ in schema.wire_fields()}
    page = text(dialect.name, suffix)
    assert {name for name in names if f"`{name}`" not in page} == set()


@each_language
def test_the_errors_of_the_liveness_check_are_those_of_the_model_cards(suffix: str) -> None:
    cards = "\n".join(line for card in CARDS if card.task is Task.LIVENESS for line in card.accuracy)
    rows_of_tables = "\n".join(line for line in text("spoofing", suffix).splitlines() if line.startswith("|"))
    percentages = re.compile(r"\d+\.\d")
    assert set(percentages.findall(rows_of_tables)) == set(percentages.findall(cards))


def code_blocks(page: str) -> list[str]:
    return re.findall(r"^```.*?^```$", page, flags=re.MULTILINE | re.DOTALL)


@each_subject
def test_both_languages_show_the_same_code(subject: str) -> None:
    assert code_blocks(text(subject, ".md")) == code_blocks(text(subject, ".ko.md"))


def outline(page: str) -> list[str]:
    """The levels of headings and the widths of table rows, in order."""
    lines = re.findall(r"^(#+) |^(\|.*\|)$", prose(page), flags=re.MULTILINE)
    return [heading or str(row.count("|")) for heading, row in lines]


@each_subject
def test_both_languages_have_the_same_sections_and_tables(subject: str) -> None:
    assert outline(text(subject, ".md")) == outline(text(subject, ".ko.md"))


@each_subject
def test_both_languages_give_the_same_values(subject: str) -> None:
    """What stands in code spans of tables: names, codes, defaults."""
    english, korean = (
        [
            sorted(re.findall(r"`[^`]+`", line))
            for line in prose(text(subject, suffix)).splitlines()
            if line[:1] == "|"
        ]
        for suffix in (".md", ".ko.md")
    )
    assert english == korean


def test_contributors_are_told_of_every_folder_of_tests() -> None:
    table = re.findall(r"^\| (`.*?) \|", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.MULTILINE)
    told = {name for cell in table for name in re.findall(r"`(\w+)`", cell)}
    assert told == {file.parent.name for file in (ROOT / "tests").glob("*/__init__.py")}
