"""The kills' ledger notices what it is there for: a write that is lost, a deletion undone, a write half done."""

from __future__ import annotations

import pytest

from harness.kills.killing import Kills, Ledger
from harness.kills.writing import SHARED, Write

CREATED = Write("create group", "g")
ADDED = Write("add", "g", ("a", "b", "c"))
DELETED = Write("delete face", "g", ("a",))


def ledger(*acknowledged: Write, in_the_air: Write | None = None) -> Ledger:
    made = Ledger(Kills())
    for write in acknowledged:
        made.note((1, write))
        made.note((1, None))
    if in_the_air is not None:
        made.note((1, in_the_air))
    return made


@pytest.mark.parametrize(
    ("in_the_air", "there"),
    [
        (None, {"b", "c"}),
        (Write("add", "g", ("d", "e")), {"b", "c"}),
        (Write("add", "g", ("d", "e")), {"b", "c", "d", "e"}),
        (Write("delete face", "g", ("b",)), {"b", "c"}),
        (Write("delete face", "g", ("b",)), {"c"}),
        (Write("delete group", "g"), {"b", "c"}),
        (Write("delete group", "g"), None),
    ],
)
def test_what_was_in_the_air_may_be_done_or_not(in_the_air: Write | None, there: set[str] | None) -> None:
    kept = {SHARED: set[str]()} | ({} if there is None else {"g": there})
    made = ledger(CREATED, ADDED, DELETED, in_the_air=in_the_air)
    made.settle(kept)
    assert made.differences(kept) == []


@pytest.mark.parametrize(
    ("in_the_air", "there", "fault"),
    [
        (None, None, "Group g is lost."),
        (None, {"b"}, "Group g has lost 1 faces."),
        (None, {"a", "b", "c"}, "In group g, 1 faces are back or only part of a write."),
        (Write("add", "g", ("d", "e")), {"b", "c", "d"}, "Group g has lost 1 faces."),
        (Write("delete group", "g"), {"b"}, "Group g has lost 1 faces."),
    ],
)
def test_what_must_not_be_is_named(in_the_air: Write | None, there: set[str] | None, fault: str) -> None:
    kept = {SHARED: set[str]()} | ({} if there is None else {"g": there})
    made = ledger(CREATED, ADDED, DELETED, in_the_air=in_the_air)
    made.settle(kept)
    assert made.differences(kept) == [fault]


def test_a_deleted_group_that_is_back_is_named() -> None:
    made = ledger(CREATED, Write("delete group", "g"))
    kept: dict[str, set[str]] = {SHARED: set(), "g": set()}
    made.settle(kept)
    assert made.differences(kept) == ["The deletion of group g is undone."]
