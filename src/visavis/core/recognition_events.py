"""Recognition events: who was recognised when, in groups that record it (docs/events.md)."""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic
from urllib.parse import unquote

from visavis.core.clocks import ClockWatch
from visavis.core.groups import Groups
from visavis.core.paging import Page, page_of
from visavis.core.ports import Clock, RecognitionEventStore
from visavis.errors import ErrorCode, ServiceError
from visavis.recognition_events import (
    MAX_DOOR,
    Asked,
    EventFilter,
    Recognised,
    RecognitionEvent,
    RecognitionKind,
    StrangerCount,
    is_door,
)
from visavis.types import Group, Match

logger = logging.getLogger(__name__)

_AT_ONCE = 500
"""Events of a group in one transaction. Other writers are served between two transactions."""
_AT_STAKE = (
    "Recognition events that have expired by this clock are not shown, and will be deleted once it is corrected."
)
_BATCH = 1_000
_MOST_COUNTS = 100

DOOR_HEADER = "X-Visavis-Door"
"""The optional request header that names the door of a recognition."""

COLUMNS = ("at", "person", "name", "door", "similarity", "liveness", "kind", "asked_by", "face_id", "id")
"""Columns of an export."""
_BOM = "\ufeff"
"""Spreadsheets take a file for UTF-8 by it."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class RecognitionEvents:
    """Records recognitions, lists them and deletes those whose time is over."""

    def __init__(
        self,
        store: RecognitionEventStore,
        groups: Groups,
        clock: Clock,
        steady: Callable[[], float] = monotonic,
        on_delivery: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_delivery` is called when something waits for a webhook."""
        self._store = store
        self._on_delivery = on_delivery
        self.groups = groups
        self._watch = ClockWatch(clock, steady)

    def record_search(
        self, group: Group, matches: Sequence[Match], liveness: float | None, asked: Asked | None
    ) -> None:
        """Record the best match of a search, or a stranger if there is none."""
        best = matches[0] if matches else None
        found = None if best is None else Recognised(best.face.face_id, best.similarity)
        self.record(group, RecognitionKind.SEARCH, found, liveness, asked)

    def record(
        self,
        group: Group,
        kind: RecognitionKind,
        found: Recognised | None,
        liveness: float | None,
        asked: Asked | None,
    ) -> None:
        """Record a recognition, or a stranger if nobody was found, before it is answered.

        Does nothing where the group records no events, or nobody `asked`.
        """
        if asked is None or not group.settings.recognition_event_days:
            return
        if self._store.record(group, kind, found, liveness, asked):
            self._on_delivery()

    def page(
        self, group: Group, where: EventFilter, before: int | None, limit: int
    ) -> Page[RecognitionEvent, int]:
        """A page of the events that match, newest first."""
        events = self._store.list_events(group, where, before, limit + 1)
        return page_of(events, limit, lambda event: event.sequence)

    def all(self, group: Group, where: EventFilter) -> Iterator[RecognitionEvent]:
        """Every event that matches, newest first."""
        before = None
        while True:
            page = self.page(group, where, before, _BATCH)
            yield from page.items
            if page.next is None:
                return
            before = page.next

    def strangers(self, group: Group, where: EventFilter) -> list[StrangerCount]:
        """How many strangers there were by day and door, the newest 100 counts. Of persons it has none."""
        return [] if where.person else self._store.count_strangers(group, where, _MOST_COUNTS)

    def sweep(self) -> int:
        """Delete the expired events of all groups; return their number. Several nodes may do this at once."""
        if not self._watch.is_trusted(_AT_STAKE):
            return 0
        total = 0
        while deleted := self._store.delete_expired(_AT_ONCE):
            total += deleted
        if total:
            logger.info("Deleted %d expired recognition events.", total)
        return total


def door_named(header: str | None) -> str:
    """The door that X-Visavis-Door names; empty without one. Raises INVALID_PARAMETER.

    A header holds ASCII only, so other letters are percent-encoded UTF-8, as in a URL.
    """
    door = unquote(header or "").strip()
    if door and not is_door(door):
        raise ServiceError(
            ErrorCode.INVALID_PARAMETER,
            f"{DOOR_HEADER} takes up to {MAX_DOOR} letters, digits, spaces, '_', '.', ':' and '-'.",
            subject=DOOR_HEADER,
        )
    return door


@dataclass(frozen=True, slots=True)
class CsvLines:
    """Events as the lines of a CSV file (RFC 4180), in UTF-8 with a byte order mark, for spreadsheets."""

    events: Iterable[RecognitionEvent]

    def __iter__(self) -> Iterator[str]:
        yield _BOM + _line(COLUMNS)
        for event in self.events:
            shown = event.shown()
            yield _line([_cell(shown[name]) for name in COLUMNS])


def _line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()


def _cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
