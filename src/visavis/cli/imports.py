"""The command `visavis import`: registers the faces of pictures in a group, or restores an archive."""

from __future__ import annotations

import signal
import sys
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
from visavis.cli.terminal import AsJson, DataDir, complaint, counted, out, print_json, read_settings, say
from visavis.core.bulk import BulkRegistration, Entry
from visavis.core.naming import Naming
from visavis.errors import ErrorCode, ServiceError, SetupError
from visavis.settings import Settings
from visavis.types import Group, Person
from visavis.web.services import Services

SOME_LEFT_OUT = 3
INTERRUPTED = 130
_SHOWN = 5
"""Exit codes; 130 is the one of a command that Ctrl-C stopped."""


def _csv_or_jsonl(file: Path | None) -> Path | None:
    if file is not None and file.suffix.lower() not in {".csv", ".jsonl"}:
        raise typer.BadParameter("A report ends in .csv or .jsonl.")
    return file


def import_(  # noqa: PLR0913 - an option each
    source: Annotated[
        Path | None, typer.Argument(help="A folder or a ZIP of pictures, or a list of them: .csv or .jsonl.")
    ] = None,
    *,
    app: Annotated[str, typer.Option("--app", help="The name of the app that owns the group.")],
    group: Annotated[
        str | None,
        typer.Option("--group", help="The group's id; with --archive, the new id of its only group."),
    ] = None,
    create: Annotated[bool, typer.Option("--create", help="Create the group if it does not exist.")] = False,
    limit: Annotated[
        int, typer.Option(min=1, max=20, help="Maximum number of faces from each picture, the largest.")
    ] = 1,
    numbered: Annotated[
        bool, typer.Option("--numbered", help="NAME-1.jpg and NAME-2.jpg in FOLDER show one person, NAME.")
    ] = False,
    same_people: Annotated[
        bool,
        typer.Option(
            "--same-people",
            help="Take people whose names are in the group already for the same people, without asking.",
        ),
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            callback=_csv_or_jsonl,
            help="Write the result for every face to this file: .csv or .jsonl.",
        ),
    ] = None,
    archive: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="An archive that `visavis export` wrote, instead of pictures."),
    ] = None,
    merge: Annotated[
        bool, typer.Option("--merge", help="Add the faces of an archive to existing groups.")
    ] = False,
    passphrase_fd: PassphraseFd = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Register the faces of many pictures in a group, or restore an archive. Works while a server is running.

    FOLDER/PERSON/*.jpg takes the folder's name as external image id, FOLDER/*.jpg the file's. What cannot be an
    id, such as 김민수, is the person's name, and an id is made of it, each time the same; where the group knows
    somebody of that name, it is a question. A ZIP is read like a folder. A list has the columns path,
    external_image_id and name. After Ctrl-C, or worse, the same command goes on where it was: a picture
    whose faces are in the group already is not looked at again. Exit code 3 if something was left out.

    Of an archive everything is stored, or nothing.
    """
    settings = read_settings(data_dir=data_dir)
    if (source is None) == (archive is None):
        raise typer.BadParameter("Give either pictures or --archive.")
    if archive is not None:
        if create or report or numbered or same_people or limit != 1:
            raise typer.BadParameter("--create, --limit, --numbered, --same-people and --report are for pictures.")
        import_archive(archive, app, group, settings, passphrase_fd, merge=merge, as_json=as_json)
        return
    if group is None or merge or passphrase_fd is not None:
        raise typer.BadParameter("Pictures need --group; --merge and --passphrase-fd are for archives.")
    assert source is not None  # noqa: S101 - one of the two was given
    wish = _Wish(app, group, create, limit, report, same_people, as_json)
    _import_pictures(entries_of(source, numbered=numbered), wish, settings)


@dataclass(frozen=True, slots=True)
class _Wish:
    """The options of an import of pictures."""

    app: str
    group: str
    create: bool
    limit: int
    report: Path | None
    same_people: bool
    as_json: bool


def _import_pictures(entries: Sequence[Entry], wish: _Wish, settings: Settings) -> None:
    with ReportFile(wish.report) as file, wiring.open_services(settings) as services:
        stop = Event()
        group = _group(services, wish.app, wish.group, create=wish.create)
        named = Naming.of(services.faces, services.persons, group)
        known = named.with_ids(entries)
        if not wish.same_people:
            _ask_about(named.in_question(entries))
        bulk = BulkRegistration.of(services.faces, group, wish.limit, settings.work.cpu_places, stop)
        tally, start = Tally(), time.monotonic()
        with _stopped_by_signals(stop), _progress(len(entries)) as show:
            for results in bulk.run(known):
                named.keep_names(results)
                file.write(results)
                tally.count(results)
                show(tally)
    _conclude(tally, len(entries), time.monotonic() - start, as_json=wish.as_json)


def _ask_about(people: Sequence[Person]) -> None:
    """Ask whether people of the group are those of the same names in the import; refuse where nobody can answer.

    Raises SetupError; typer.Abort if they are not the same.
    """
    if not people:
        return
    listed = ", ".join(f"{person.name} ({person.id})" for person in people[:_SHOWN])
    more = f" and {len(people) - _SHOWN:,} more" if len(people) > _SHOWN else ""
    known = f"The group already has people with these names: {listed}{more}."
    if not sys.stdin.isatty():
        raise SetupError(
            f"{known} If they are the same people, give --same-people; if not, give ids in a list of files."
        )
    complaint.print(known, soft_wrap=True)
    typer.confirm("Are they the same people?", abort=True, err=True)


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
            added = f"{counted(tally.added, 'face')} added"
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
        added = counted(tally.added, "face")
        say(f"{counted(tally.pictures, 'picture')} in {seconds:,.1f} s{rate}. Added: {added}.")
        for table in tally.tables():
            out.print(table)
    if interrupted:
        left = total - tally.pictures
        complaint.print(
            f"Interrupted: {counted(left, 'picture')} left. Run the same command again to continue.",
            soft_wrap=True,
        )
        raise typer.Exit(INTERRUPTED)
    if tally.left_out:
        raise typer.Exit(SOME_LEFT_OUT)
