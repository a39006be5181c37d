"""Long lists, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from visavis.console.request_context import RequestContext

ITEMS = 50
"""A page."""


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page of how many items, and where the others are."""

    page: int
    """From 1 on."""
    total: int
    path: str
    query: tuple[tuple[str, str], ...]
    """What else narrows the list."""

    @classmethod
    def of(cls, context: RequestContext, total: int) -> Paging:
        """The page that the request asks for, or the nearest that there is."""
        text = context.request.query_params.get("page", "")
        wanted = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 1
        query = tuple((name, text) for name, text in context.request.query_params.items() if name == "q" and text)
        last = max(1, -(-total // ITEMS))
        return cls(min(max(wanted, 1), last), total, f"{context.base}{context.path}", query)

    @property
    def offset(self) -> int:
        return (self.page - 1) * ITEMS

    @property
    def end(self) -> int:
        """Of the page: the number of its last item."""
        return min(self.offset + ITEMS, self.total)

    @property
    def previous(self) -> str:
        """The address of the page before, or nothing."""
        return self._to(self.page - 1) if self.page > 1 else ""

    @property
    def next(self) -> str:
        return self._to(self.page + 1) if self.end < self.total else ""

    def _to(self, page: int) -> str:
        return f"{self.path}?{urlencode((*self.query, ('page', str(page))))}"
