"""`visavis import`: faces from files into a group."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Annotated, Any

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from visavis import app as wiring
from visavis.api.services import Services
from visavis.cli.reports import ReportFile, Tally
from visavis.cli.sources import entries_of
from visavis.cli.terminal import AsJson, DataDir, complaint, out, print_json, read_settings, say
from visavis.core.bulk import BulkRegistration
from visavis.errors import ErrorCode, FaceError
from visavis.types import Group

SOME_LEFT_OUT = 3
INTERRUPTED = 130
"""Exit codes; the second is what a shell makes of Ctrl-C."""

AppName = Annotated[str, typer.Option("--app", help="The name of the app that owns the group.")]
GroupId = Annotated[str, typer.Option("--group", help="The group's id.")]


def _csv_or_jsonl(file: Path | None) -> Path | None:
    if file is not None and file.suffix.lower() not in {".csv", ".jsonl"}:
        raise typer.BadParameter("A report ends in .csv or .jsonl.")
    return file


def import_pictures(  # noqa: PLR0913 - an option each
    source: Annotated[Path, typer.Argument(help="A folder, or a manifest.csv or manifest.jsonl.")],
    app: AppName,
    group: GroupId,
    *,
    create: Annotated[bool, typer.Option("--create", help="Make the group if there is none of this id.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=20, help="Faces of a picture, the largest.")] = 1,
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", callback=_csv_or_jsonl, help="Write what became of every face: .csv or .jsonl."
        ),
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Register the faces of many pictures in a group. Works beside a running server.

    FOLDER/PERSON/*.jpg takes the folder's name as external image id, FOLDER/*.jpg the file's. A manifest has the
    columns path and external_image_id. After Ctrl-C, or worse, the same command goes on where it was: a picture
    whose faces are in the group already is not looked at again. Exit code 3 if something was left out.
    """
    entries = entries_of(source)
    settings = read_settings(data_dir=data_dir)
    with ReportFile(report) as file, wiring.open_services(settings) as services:
        target = _group(services, app, group, create=create)
        stop = Event()
        bulk = BulkRegistration(
            services.faces.analyzer,
            services.faces.gallery,
            target,
            limit,
            services.faces.quota,
            settings.work.cpu_places,
            stop,
        )
        tally, start = Tally(), time.monotonic()
        with _stopped_by_signals(stop), _progress(len(entries)) as tell:
            for results in bulk.run(entries):
                file.write(results)
                tally.count(results)
                tell(tally)
    _conclude(tally, len(entries), time.monotonic() - start, as_json=as_json)


def _group(services: Services, app: str, group: str, *, create: bool) -> Group:
    owner = services.apps.require(app)
    try:
        return services.groups.require(owner, group)
    except FaceError as error:
        if not create or error.code not in {ErrorCode.GROUP_NOT_FOUND, ErrorCode.GROUP_DELETED}:
            raise
        return services.groups.create(owner, group)


@contextmanager
def _stopped_by_signals(stop: Event) -> Iterator[None]:
    """The first Ctrl-C or SIGTERM ends the work in good order, the second at once."""

    def on_signal(number: int, _: Any) -> None:
        signal.signal(number, signal.SIG_DFL)
        stop.set()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f}/s" if task.speed else "", style="progress.data.speed")


@contextmanager
def _progress(total: int) -> Iterator[Any]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[told]}"),
    )
    with Progress(*columns, console=complaint, disable=not complaint.is_terminal) as progress:
        task = progress.add_task("pictures", total=total, told="")

        def tell(tally: Tally) -> None:
            told = f"{tally.added:,} faces added"
            progress.update(task, completed=tally.pictures, told=told)

        yield tell


def _conclude(tally: Tally, total: int, seconds: float, *, as_json: bool) -> None:
    """Say what was done, and end with the exit code that goes with it."""
    interrupted = tally.pictures < total
    if as_json:
        counts = {"pictures": tally.pictures, "of": total, "faces_added": tally.added}
        print_json(
            counts | {"not_added": dict(tally.reasons), "interrupted": interrupted, "seconds": round(seconds, 3)}
        )
    else:
        rate = f", {tally.pictures / seconds:.1f} pictures a second" if seconds else ""
        say(f"{tally.pictures:,} pictures in {seconds:,.1f} s{rate}. {tally.added:,} faces were added.")
        for table in tally.tables():
            out.print(table)
    if interrupted:
        left = total - tally.pictures
        complaint.print(
            f"Interrupted: {left:,} pictures are left. The same command goes on with them.", soft_wrap=True
        )
        raise typer.Exit(INTERRUPTED)
    if tally.left_out:
        raise typer.Exit(SOME_LEFT_OUT)
