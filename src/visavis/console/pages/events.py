"""Recognition events of a group: who was recognised when, as a page and as a file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from urllib.parse import urlencode

from fastapi import Response
from fastapi.responses import StreamingResponse

from visavis.console.pages.groups import group_of, group_path
from visavis.console.paging import ITEMS
from visavis.console.request_context import RequestContext
from visavis.core.recognition_events import CsvLines
from visavis.recognition_events import EventFilter, RecognitionEvent, StrangerCount

_LINES = 500
"""Lines of a file that are read from the database and sent at a time."""
_FILTERS = ("person", "door", "from", "to")


async def show(context: RequestContext) -> Response:
    group = await group_of(context)
    asked = _Asked.of(context)
    text = context.request.query_params.get("before", "")
    before = int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None

    def read() -> tuple[list[RecognitionEvent], int | None, list[StrangerCount]]:
        events = context.services.recognition_events
        page = events.page(group, asked.where, before, ITEMS)
        return list(page.items), page.next, [] if before else events.strangers(group, asked.where)

    events, following, strangers = await context.quick(read)
    here = f"{context.base}{group_path(context, group.name)}/events"
    return context.page(
        "group_events.html",
        group=group,
        events=events,
        strangers=strangers,
        asked=asked.fields,
        filtered=any(asked.fields.values()),
        older=f"{here}?{urlencode({**asked.fields, 'before': following})}" if following else "",
        file=f"{here}.csv?{urlencode(asked.fields)}",
    )


async def export(context: RequestContext) -> Response:
    """The events that match as CSV, sent as they are read."""
    group = await group_of(context)
    lines = iter(CsvLines(context.services.recognition_events.all(group, _Asked.of(context).where)))

    async def content() -> AsyncIterator[str]:
        while part := await context.quick(lambda: "".join(islice(lines, _LINES))):
            yield part

    name = f"{group.name}-{datetime.now(UTC):%Y%m%d}-events.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(content(), media_type="text/csv; charset=utf-8", headers=headers)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The filter as typed; days are in UTC, the last one included."""

    fields: dict[str, str]

    @classmethod
    def of(cls, context: RequestContext) -> _Asked:
        query = context.request.query_params
        return cls({name: query.get(name, "").strip() for name in _FILTERS})

    @property
    def where(self) -> EventFilter:
        return EventFilter(
            person=self.fields["person"],
            door=self.fields["door"] or None,
            since=day_of(self.fields["from"]),
            until=day_after(self.fields["to"]),
        )


def day_of(text: str) -> datetime | None:
    """The beginning of a day in UTC, from a field of a form; None if it is not a day."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    return day if 1970 <= day.year < 9999 else None


def day_after(text: str) -> datetime | None:
    """The end of such a day."""
    day = day_of(text)
    return day and day + timedelta(days=1)
