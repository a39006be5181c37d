"""The command `visavis import`: registers the faces of pictures in a group, or restores an archive."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
from visavis.cli.archives import import_archive
from visavis.cli.passphrase import PassphraseFd
from visavis.cli.reports import ReportFile, Tally
from visavis.cli.sources import entries_of
from visavis.cli.terminal import AsJson, DataDir, complaint, out, print_json, read_settings, say
from visavis.core.bulk import BulkRegistration, Entry
from visavis.core.naming import Naming
from visavis.errors import ErrorCode, ServiceError
from visavis.settings import Settings
from visavis.types import Group
from visavis.web.services import Services

SOME_LEFT_OUT = 3
INTERRUPTED = 130
"""Exit codes; 130 is the one of a command that Ctrl-C stopped."""


def _csv_or_jsonl(file: Path | None) -> Path | None:
    if file is not None and file.suffix.lower() not in {".csv", ".jsonl"}:
        raise typer.BadParameter("A report ends in .csv or .jsonl.")
    return file


def import_(  # noqa: PLR0913 - an option each
    source: Annotated[
        Path | None, typer.Argument(help="A folder of pictures, or a list of them: .csv or .jsonl.")
    ] = None,
    *,
    app: Annotated[str, typer.Option("--app", help="The name of the app that owns the group.")],
    group: Annotated[
        str | None,
        typer.Option("--group", help="The group's id; of an archive, what its one group is called here."),
    ] = None,
    create: Annotated[
        bool, typer.Option("--create", help="Create the group if there is none of this id.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=20, help="Faces of a picture, the largest.")] = 1,
    numbered: Annotated[
        bool, typer.Option("--numbered", help="NAME-1.jpg and NAME-2.jpg in FOLDER are of one person, NAME.")
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", callback=_csv_or_jsonl, help="Write what became of every face: .csv or .jsonl."
        ),
    ] = None,
    archive: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What `visavis export` wrote, instead of pictures.")
    ] = None,
    merge: Annotated[
        bool, typer.Option("--merge", help="Add the faces of an archive to groups that are there.")
    ] = False,
    passphrase_fd: PassphraseFd = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Register the faces of many pictures in a group, or bring back an archive. Works beside a running server.

    FOLDER/PERSON/*.jpg takes the folder's name as external image id, FOLDER/*.jpg the file's. What cannot be an
    id, such as 김민수, is the person's name, and an id is made of it, each time the same. A list has the columns
    path, external_image_id and name. After Ctrl-C, or worse, the same command goes on where it was: a picture
    whose faces are in the group already is not looked at again. Exit code 3 if something was left out.

    Of an archive everything is stored, or nothing.
    """
    settings = read_settings(data_dir=data_dir)
    if (source is None) == (archive is None):
        raise typer.BadParameter("Give pictures, or --archive, and not both.")
    if archive is not None:
        if create or report or numbered or limit != 1:
            raise typer.BadParameter("--create, --limit, --numbered and --report are for pictures.")
        import_archive(archive, app, group, settings, passphrase_fd, merge=merge, as_json=as_json)
        return
    if group is None or merge or passphrase_fd is not None:
        raise typer.BadParameter("Pictures need --group, and neither --merge nor --passphrase-fd.")
    assert source is not None  # noqa: S101 - one of the two was given
    wish = _Wish(app, group, create, limit, report, as_json)
    _import_pictures(entries_of(source, numbered=numbered), wish, settings)


@dataclass(frozen=True, slots=True)
class _Wish:
    """The options of an import of pictures."""

    app: str
    group: str
    create: bool
    limit: int
    report: Path | None
    as_json: bool


def _import_pictures(entries: Sequence[Entry], wish: _Wish, settings: Settings) -> None:
    with ReportFile(wish.report) as file, wiring.open_services(settings) as services:
        stop = Event()
        group = _group(services, wish.app, wish.group, create=wish.create)
        named = Naming(services.persons, group, services.faces.gallery.fingerprinter(group))
        known = named.with_ids(entries)
        bulk = BulkRegistration.of(services.faces, group, wish.limit, settings.work.cpu_places, stop)
        tally, start = Tally(), time.monotonic()
        with _stopped_by_signals(stop), _progress(len(entries)) as show:
            for results in bulk.run(known):
                named.keep_names(results)
                file.write(results)
                tally.count(results)
                show(tally)
    _conclude(tally, len(entries), time.monotonic() - start, as_json=wish.as_json)


def _group(services: Services, app: str, group: str, *, create: bool) -> Group:
    owner = services.apps.require(app)
    try:
        return services.groups.require(owner, group)
    except ServiceError as error:
        if not create or error.code not in {ErrorCode.GROUP_NOT_FOUND, ErrorCode.GROUP_DELETED}:
            raise
        return services.groups.create(owner, group)


@contextmanager
def _stopped_by_signals(stop: Event) -> Iterator[None]:
    """Let the first Ctrl-C or SIGTERM finish what has begun, and the second stop at once."""

    def on_signal(number: int, _: object) -> None:
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
        TextColumn("{task.fields[status]}"),
    )
    with Progress(*columns, console=complaint, disable=not complaint.is_terminal) as progress:
        task = progress.add_task("pictures", total=total, added="")

        def show(tally: Tally) -> None:
            added = f"{tally.added:,} faces added"
            progress.update(task, completed=tally.pictures, added=added)

        yield show


def _conclude(tally: Tally, total: int, seconds: float, *, as_json: bool) -> None:
    """Print the result, and exit with the code that belongs to it."""
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
