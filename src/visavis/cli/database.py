"""The commands `visavis db ...`: the database as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

from visavis import app as wiring
from visavis.audit_events import AuditHead
from visavis.cli.terminal import DataDir, complaint, read_settings, say
from visavis.errors import SetupError
from visavis.storage.store import open_database
from visavis.transfer.checking import check_all
from visavis.transfer.copying import copy_all, count_rows

database_commands = typer.Typer(no_args_is_help=True, help="Migrate, check and copy the database.")

DATABASE = "sqlite:PATH or postgresql://USER@HOST/NAME; a password by PGPASSWORD or a password file"


@database_commands.command("migrate", epilog="Example: visavis db migrate --data-dir /srv/visavis")
def migrate(data_dir: DataDir = None) -> None:
    """Bring the database to the schema of this version. Servers and commands do the same when they start."""
    wiring.make_records(read_settings(data_dir=data_dir)).close()
    say("The database has the schema of this version.")


@database_commands.command("check", epilog="Example: visavis db check --data-dir /srv/visavis")
def check(data_dir: DataDir = None) -> None:
    """Verify rows, sets, counters, the audit log and the schema, and open every template.

    Works beside a running server; exit code 1 on faults.
    """
    with (
        closing(wiring.open_records(read_settings(data_dir=data_dir))) as storage,
        progress("faces", None) as advance,
    ):
        faults = check_all(storage.database, storage.keys, advance)
    for fault in faults:
        say(fault)
    if faults:
        raise typer.Exit(1)
    say("No faults.")


@database_commands.command("accept-older", epilog="Example: visavis db accept-older 1200:5f3c...")
def accept_older(
    head: Annotated[str, typer.Argument(help="The end of its audit log, as the refusal names it.")],
    data_dir: DataDir = None,
) -> None:
    """Take a database that is older than the anchor beside the master key, such as one that was put back by hand.

    Until then no server and no command works with it. What was deleted since is there again.
    """
    wiring.accept_older(read_settings(data_dir=data_dir), read_head(head))
    say("The database is taken as it is.")


@database_commands.command("compact", epilog="Example: visavis db compact --data-dir /srv/visavis")
def compact(data_dir: DataDir = None) -> None:
    """Rewrite the database, so that no byte of deleted data, and no free space, is left in its files.

    Works beside running servers, whose requests wait for as long as it takes to write everything once; it needs
    room for a second copy meanwhile. PostgreSQL's write-ahead log and archives are not touched.
    """
    with closing(wiring.open_records(read_settings(data_dir=data_dir))) as storage:
        storage.compact()
    say("The database has been written anew.")


@database_commands.command(
    "copy",
    epilog="Example: visavis db copy --from sqlite:visavis-data/visavis.db --to postgresql://visavis@db/visavis",
)
def copy(
    source: Annotated[str, typer.Option("--from", metavar="URL", help=DATABASE)],
    target: Annotated[str, typer.Option("--to", metavar="URL", help=f"{DATABASE}; empty, or an unfinished copy.")],
) -> None:
    """Copy everything into an empty database of either kind, and compare. Stop the servers of the source first.

    A copy that broke off goes on when the same command is given again. The master key is not in the database: the
    servers of the target need the one of the source.
    """
    if source.startswith("sqlite:") and not Path(source.removeprefix("sqlite:").removeprefix("//")).is_file():
        raise SetupError(f"There is no database at {source}.")
    with (
        closing(open_database(source)) as old,
        closing(open_database(target)) as new,
        progress("rows", count_rows(old)) as advance,
    ):
        counts = copy_all(old, new, advance)
    for table, count in counts.items():
        say(f"{count:>12,}  {table}")
    say("Both sides are the same, row by row.")


def read_head(text: str) -> AuditHead:
    """The end of an audit log as it is printed. Raises SetupError."""
    try:
        return AuditHead.read(text)
    except ValueError as error:
        raise SetupError(f"{text!r} is no head: {error}.") from None


@contextmanager
def progress(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=complaint, disable=not complaint.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        yield lambda count: bar.advance(task, count)
