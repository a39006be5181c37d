"""Every decision says when it was written down and whether it still holds."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

DECISIONS = Path(__file__).parents[2] / "docs" / "decisions"
RECORDS = sorted(DECISIONS.glob("0*.md"))

HEAD = re.compile(
    r"# (?P<number>\d{4}) [^\n]+\n"
    r"\n"
    r"\*\*Date:\*\* (?P<date>\d{4}-\d\d-\d\d)\. \*\*Status:\*\* (?P<status>[^\n]+)\n"
    r"\n"
)
NEWER = r"\[(\d{4})\]\((\d{4}-[\w-]+\.md)\)"
STATUS = re.compile(rf"Accepted\.|Superseded(?: in part)? by {NEWER}(?: and {NEWER})?\.")


def number_of(record: Path) -> str:
    return record.name[:4]


@pytest.mark.parametrize("record", RECORDS, ids=number_of)
def test_a_decision_begins_with_its_number_date_and_status(record: Path) -> None:
    head = HEAD.match(record.read_text("utf-8"))
    assert head is not None
    assert head["number"] == number_of(record)
    assert date.fromisoformat(head["date"])
    status = STATUS.fullmatch(head["status"])
    assert status is not None, head["status"]
    for number, file in zip(status.groups()[::2], status.groups()[1::2], strict=True):
        if file is not None:
            assert file.startswith(number)
            assert number > number_of(record)
            assert (DECISIONS / file).is_file()


def test_the_list_explains_numbers_that_are_missing() -> None:
    page = (DECISIONS / "README.md").read_text("utf-8")
    numbers = {int(number_of(record)) for record in RECORDS}
    missing = set(range(1, 49)) - numbers
    assert missing == {int(number) for number in re.findall(r"\b(0035|0043)\b", page)}
