"""Pages that stay consistent while items are added and deleted: a page ends at an item, not at an offset."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")
Cursor = TypeVar("Cursor")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item, Cursor]):
    """Some items, and the cursor of the next page; None on the last page."""

    items: Sequence[Item]
    next: Cursor | None


def page_of(items: Sequence[Item], limit: int, cursor: Callable[[Item], Cursor]) -> Page[Item, Cursor]:
    """A page of the first `limit` of `items`. One item more was read, which shows whether a page follows."""
    more = len(items) > limit
    return Page(items[:limit], cursor(items[limit - 1]) if more else None)
