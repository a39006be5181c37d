"""A page is told from the last one by an item more than it holds."""

from __future__ import annotations

from visavis.core.paging import Page, page_of


def cursor(item: str) -> str:
    return f"after {item}"


def test_a_page_that_is_not_the_last_one_tells_where_the_next_starts() -> None:
    assert page_of(["a", "b", "c"], 2, cursor) == Page(["a", "b"], "after b")


def test_the_last_page_tells_that_there_is_no_other() -> None:
    assert page_of(["a", "b"], 2, cursor) == Page(["a", "b"], None)
    assert page_of(["a"], 2, cursor) == Page(["a"], None)
    assert page_of([], 2, cursor) == Page([], None)
