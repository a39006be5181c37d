"""Pages that stay consistent while items come and go: a page ends at an item, not at an offset."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")
Cursor = TypeVar("Cursor")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item, Cursor]):
    """Some items, and where the next page starts; None on the last page."""

    items: Sequence[Item]
    next: Cursor | None


def page_of(items: Sequence[Item], limit: int, cursor: Callable[[Item], Cursor]) -> Page[Item, Cursor]:
    """The page made of the first `limit` of `items`, of which one more than that was read."""
    more = len(items) > limit
    return Page(items[:limit], cursor(items[limit - 1]) if more else None)
