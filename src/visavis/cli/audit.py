"""The commands `visavis audit ...`: verify, export and prune the audit log."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from datetime import UTC, datetime
from typing import Annotated

import typer

from visavis import app as wiring
from visavis.audit_events import AuditFilter, Effect, Event
from visavis.cli.database import progress, read_head
from visavis.cli.terminal import DataDir, counted, read_settings, say

audit_commands = typer.Typer(no_args_is_help=True, help="The audit log: who did what, when, to which faces.")

MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]

Since = Annotated[datetime | None, typer.Option(formats=MOMENTS, help="From this time on, in UTC.")]
Until = Annotated[datetime | None, typer.Option(formats=MOMENTS, help="Before this time, in UTC.")]


@audit_commands.command("verify", epilog="Example: visavis audit verify --head 1200:5f3c...")
def verify(
    head: Annotated[
        list[str] | None,
        typer.Option(help="A head printed earlier, to detect that the end was cut off; repeatable."),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Recompute the chain of the audit log. Works while a server is running; exit code 1 on faults."""
    recorded = [read_head(text) for text in head or ()]
    with (
        closing(wiring.open_records(read_settings(data_dir=data_dir))) as storage,
        progress("records", None) as advance,
    ):
        verdict = storage.verify_audit(recorded, advance)
    for fault in verdict.faults:
        say(fault)
    if verdict.faults:
        raise typer.Exit(1)
    count = verdict.head.position - verdict.first.position
    say(f"{counted(count, 'record')}, all as they were recorded. Head: {verdict.head}")


@audit_commands.command("head", epilog="Example: visavis audit head")
def head(data_dir: DataDir = None) -> None:
    """Print the head of the audit log. Keep it elsewhere: `verify --head` then detects a log that was cut off."""
    with closing(wiring.open_records(read_settings(data_dir=data_dir))) as storage:
        storage.audit.advance(wait=True)
        say(str(storage.audit.head()))


@audit_commands.command("export", epilog="Example: visavis audit export --since 2026-01-01 --app front-door")
def export(
    *,
    since: Since = None,
    until: Until = None,
    app: Annotated[str | None, typer.Option(help="Only this app.")] = None,
    operation: Annotated[str | None, typer.Option(help="Only this operation.")] = None,
    group: Annotated[str | None, typer.Option(help="Only this group.")] = None,
    face: Annotated[str | None, typer.Option(help="Only this face, by its id.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Print the audit log as lines of JSON, oldest first. The export is itself recorded."""
    where = AuditFilter(_utc(since), _utc(until), app, operation, group, None if face is None else (face,))
    with closing(wiring.open_records(read_settings(data_dir=data_dir))) as storage:
        event = Event(actor=storage.owner, operation="export_audit", effect=Effect.USE, app=app, group=group)
        storage.journal.add(event)
        with closing(storage.audit.stream(where)) as records:
            for record in records:
                sys.stdout.write(json.dumps(record.shown()) + "\n")


@audit_commands.command("prune", epilog="Example: visavis audit prune --before 2025-01-01 --yes")
def prune(
    before: Annotated[
        datetime, typer.Option(formats=MOMENTS, help="Remove records from before this time, in UTC.")
    ],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Remove the oldest records from the audit log. The rest can still be verified; the removal is recorded."""
    moment = before.replace(tzinfo=UTC)
    if not yes:
        typer.confirm(f"Remove all records from before {moment:%Y-%m-%d %H:%M:%S} UTC?", abort=True)
    with closing(wiring.open_records(read_settings(data_dir=data_dir))) as storage:
        removed = storage.prune_audit(moment)
    say(f"Removed {counted(removed, 'record')}.")


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)
