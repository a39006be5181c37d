"""The commands `visavis events ...`: who was recognised when, in groups that record it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from visavis import app as wiring
from visavis.audit_events import Effect, Event
from visavis.cli.audit import Since, Until
from visavis.cli.persons import AppName, GroupId
from visavis.cli.terminal import AsJson, DataDir, folding_table, out, print_json, read_settings, say
from visavis.cli.webhooks import webhook_commands
from visavis.core.recognition_events import CsvLines, RecognitionEvents
from visavis.recognition_events import EventFilter, RecognitionEvent
from visavis.types import Group

events_commands = typer.Typer(
    no_args_is_help=True, help="Recognition events: who was recognised when, in groups that record it."
)

events_commands.add_typer(webhook_commands, name="webhook")

Person = Annotated[str, typer.Option("--person", help="Part of a person's id or name.")]
Door = Annotated[str | None, typer.Option("--door", help="Only this door.")]


@dataclass(frozen=True, slots=True)
class _Here:
    events: RecognitionEvents
    group: Group


@contextmanager
def _opened(app: str, group_id: str, data_dir: Path | None, operation: str) -> Iterator[_Here]:
    """The events of a group; that somebody looks at them is itself on record in the audit log."""
    with wiring.open_recognition_events(read_settings(data_dir=data_dir)) as (apps, events, storage):
        owner = apps.require(app)
        group = events.groups.require(owner, group_id)
        about = Event(
            actor=storage.owner,
            operation=operation,
            effect=Effect.USE,
            app_id=owner.id,
            app=owner.name,
            group=group.name,
        )
        storage.journal.add(about)
        yield _Here(events, group)


@events_commands.command("list", epilog="Example: visavis events list --app front-door --group staff")
def list_events(  # noqa: PLR0913 - an option each
    app: AppName,
    group_id: GroupId,
    *,
    since: Since = None,
    until: Until = None,
    person: Person = "",
    door: Door = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Maximum number of events.")] = 100,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List recognition events, newest first, and how many strangers there were."""
    where = EventFilter(person, door, _utc(since), _utc(until))
    with _opened(app, group_id, data_dir, "list_events") as here:
        found = list(islice(here.events.all(here.group, where), limit))
        strangers = here.events.strangers(here.group, where)
    if as_json:
        counts = [asdict(count) for count in strangers]
        print_json({"events": [event.shown() for event in found], "strangers": counts})
        return
    table = folding_table("time (UTC)", "person", "door", "similarity", "liveness", "asked by")
    for event in found:
        table.add_row(*_cells(event))
    out.print(table if found else _nothing(here.group))
    for count in strangers:
        say(f"{count.day}{f', {count.door}' if count.door else ''}: {count.count:,} times a stranger")


@events_commands.command(
    "export", epilog="Example: visavis events export --app front-door --group staff > may.csv"
)
def export(
    app: AppName,
    group_id: GroupId,
    *,
    since: Since = None,
    until: Until = None,
    person: Person = "",
    door: Door = None,
    data_dir: DataDir = None,
) -> None:
    """Print recognition events as CSV in UTF-8, newest first, for a spreadsheet."""
    where = EventFilter(person, door, _utc(since), _utc(until))
    with _opened(app, group_id, data_dir, "export_events") as here:
        for line in CsvLines(here.events.all(here.group, where)):
            sys.stdout.buffer.write(line.encode())


def _cells(event: RecognitionEvent) -> tuple[str, ...]:
    who = f"{event.name} ({event.person_id})" if event.name else event.person_id or event.face_id
    liveness = "" if event.liveness is None else f"{event.liveness:.1f}"
    return (f"{event.at:%Y-%m-%d %H:%M:%S}", who, event.door, f"{event.similarity:.1f}", liveness, event.asked_by)


def _nothing(group: Group) -> str:
    if group.settings.recognition_event_days:
        return "There are no events."
    return "The group records no events. To enable them: visavis group set APP GROUP --recognition-events DAYS"


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)
