"""Writes coverage.md: which test holds each documented code, parameter and field. `python docs/coverage.py`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1] / "tests"

INTRODUCTION = """\
# Coverage of the documents

<!-- Written by docs/coverage.py: run `python docs/coverage.py` instead of editing. -->

Every error code, parameter and field of an answer that the five documents list for an operation, and the test that
holds it, all against real servers.

- **Codes**: how the suite gets each out of a server. A row names the case of the test above its table, or another
  test: `pytest "FILE::TEST[CASE]"` runs it alone. Codes that no request can bring about have the reason in place
  of the request.
- **Parameters**: every one is sent with values that keep its rule and values that break it; a row names how these
  cases begin. Ids, filters and tokens follow no rule: tests/contract/test_paging.py and test_tokens.py hold them.
- **Fields**: an answer must hold all of them, with their types, and no others.
"""


@dataclass(frozen=True)
class Suite:
    """Where a dialect's tables are, and the tests that walk them."""

    title: str
    folder: str
    case: str
    """How the test names a case, from operation, code and message."""
    test: str
    fields_test: str
    special: tuple[tuple[str, str], ...] = ()
    """Codes that have a test of their own, which has one case a dialect."""

    def table(self, name: str) -> dict[str, dict[str, Any]]:
        return tomllib.loads((TESTS / self.folder / f"{name}.toml").read_text(encoding="utf-8"))


ERROR_CODES = "tests/contract/test_error_codes.py"
ENVELOPE = f"{ERROR_CODES}::test_a_documented_error_is_answered_with_exactly_its_envelope"
OF_THEIR_OWN = {"face-id", "image-id", "external-image-id", "next-token"}
"""Parameters without a rule that a value could break."""
VALUES = "tests/contract/test_parameters.py::test_a_value_that_breaks_the_rule_is_refused"
FIELDS = "test_response_fields.py::test_an_answer_holds_every_documented_field_with_its_type_and_no_other"
PARTIAL = ("40070", f"{ERROR_CODES}::test_a_group_nearly_full_takes_what_fits_and_says_so")

SUITES = (
    Suite(
        "v1.0", "contract/v1", "v1.{operation}-{code}-{message}", ENVELOPE, f"tests/contract/{FIELDS}", (PARTIAL,)
    ),
    Suite(
        "Plus",
        "contract/plus",
        "plus.{operation}-{code}-{message}",
        ENVELOPE,
        f"tests/contract/{FIELDS}",
        (PARTIAL,),
    ),
    Suite(
        "v2.0", "contract/v2", "v2.{operation}-{code}-{message}", ENVELOPE, f"tests/contract/{FIELDS}", (PARTIAL,)
    ),
    Suite(
        "v2.1",
        "contract/v2.1",
        "v2.1.{operation}-{code}-{message}",
        ENVELOPE,
        f"tests/contract/{FIELDS}",
        (PARTIAL,),
    ),
    Suite(
        "Search Face",
        "searchface",
        "{operation}-{code}",
        "tests/searchface/test_error_codes.py::"
        "test_a_documented_error_is_answered_with_exactly_its_body_and_status",
        f"tests/searchface/{FIELDS}",
    ),
)


@dataclass(frozen=True)
class Row:
    """A documented error of an operation: `recipe` says how it comes about, `test` is empty where it cannot."""

    operation: str
    code: str
    message: str
    recipe: str
    test: str


def main() -> None:
    Path(__file__).with_name("coverage.md").write_text(page(), encoding="utf-8")


def page() -> str:
    return "\n".join([INTRODUCTION, *(part for suite in SUITES for part in section(suite))])


def section(suite: Suite) -> Iterator[str]:
    yield f"## {suite.title}: codes\n"
    yield f"`{suite.test}`\n"
    yield "| operation | code | message | request | case |\n| --- | --- | --- | --- | --- |"
    for row in rows(suite):
        short = row.test.removeprefix(f"{suite.test}[").removesuffix("]")
        case = f"`{short if row.test.startswith(suite.test) else row.test}`" if row.test else "beyond reach"
        yield f"| {row.operation} | {row.code} | `{row.message}` | {row.recipe} | {case} |"
    yield ""
    if (TESTS / suite.folder / "parameters.toml").exists():
        yield f"## {suite.title}: parameters\n"
        yield f"`{VALUES}`\n"
        yield "| operation | in | parameter | cases |\n| --- | --- | --- | --- |"
        for operation, place, name, case in parameters(suite):
            yield f"| {operation} | {place} | `{name}` | `{case}...` |"
        yield ""
    yield f"## {suite.title}: fields\n"
    yield f"`{suite.fields_test}`\n"
    yield "| operation | fields | case |\n| --- | --- | --- |"
    for operation, names, case in fields(suite):
        yield f"| {operation} | {', '.join(f'`{name}`' for name in names)} | `{case}...` |"
    yield ""


def parameters(suite: Suite) -> Iterator[tuple[str, str, str, str]]:
    """(operation, place, name, how its cases begin)."""
    dialect = suite.folder.rpartition("/")[2]
    for operation, places in suite.table("parameters").items():
        for place, rules in places.items():
            for name in rules:
                if name not in OF_THEIR_OWN:
                    yield operation, place, name, f"{dialect}.{operation}-{place}-{name}-"


def fields(suite: Suite) -> Iterator[tuple[str, list[str], str]]:
    """(operation, names of its answer's fields, how its cases begin)."""
    dialect = suite.case.partition("{")[0]
    for operation, groups in suite.table("responses").items():
        yield operation, [name for group in groups.values() for name in group], f"{dialect}{operation}"


def rows(suite: Suite) -> Iterator[Row]:
    """Raises KeyError for an error without a recipe or a reason."""
    recipes = suite.table("recipes")
    reasons = recipes.get("unreachable", {})
    for operation in suite.table("operations"):
        for code, messages in suite.table("errors")[operation].items():
            reason = reasons.get(operation, {}).get(code)
            how = listed(reason or recipes[operation][code])
            for message, recipe in zip(listed(messages), how, strict=True):
                test = "" if reason else test_of(suite, operation, code, message)
                yield Row(operation, code, message, recipe, test)


def test_of(suite: Suite, operation: str, code: str, message: str) -> str:
    """The test and its case, as pytest names them."""
    special = dict(suite.special)
    if code in special:
        return f"{special[code]}[{suite.folder.rpartition('/')[2]}]"
    return f"{suite.test}[{suite.case.format(operation=operation, code=code, message=message)}]"


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


if __name__ == "__main__":
    main()
