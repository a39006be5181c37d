"""Pages of long lists."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from visavis.console.request_context import RequestContext

ITEMS = 50
"""Number of items on a page."""


@dataclass(frozen=True, slots=True)
class Paging:
    """A page of a list, and the links to the other pages."""

    page: int
    """From 1 on."""
    total: int
    path: str
    query: tuple[tuple[str, str], ...]
    """The other query parameters of the list."""

    @classmethod
    def of(cls, context: RequestContext, total: int) -> Paging:
        """The page that the request asks for, or the nearest existing one."""
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
        """The number, from 1 on, of the last item on the page."""
        return min(self.offset + ITEMS, self.total)

    @property
    def previous(self) -> str:
        """The URL of the previous page; empty if there is none."""
        return self._to(self.page - 1) if self.page > 1 else ""

    @property
    def next(self) -> str:
        return self._to(self.page + 1) if self.end < self.total else ""

    def _to(self, page: int) -> str:
        return f"{self.path}?{urlencode((*self.query, ('page', str(page))))}"
