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

DATABASE = "sqlite:PATH or postgresql://USER@HOST/NAME; with the password in PGPASSWORD or a password file"


@database_commands.command("migrate", epilog="Example: visavis db migrate --data-dir /srv/visavis")
def migrate(data_dir: DataDir = None) -> None:
    """Migrate the database to the schema of this version. Servers and commands do so too when they start."""
    wiring.make_records(read_settings(data_dir=data_dir)).close()
    say("The database has the schema of this version.")


@database_commands.command("check", epilog="Example: visavis db check --data-dir /srv/visavis")
def check(data_dir: DataDir = None) -> None:
    """Verify rows, sets, counters, the audit log and the schema, and decrypt every template.

    Works while a server is running; exit code 1 on faults.
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
    head: Annotated[str, typer.Argument(help="The head of its audit log, as the refusal shows it.")],
    data_dir: DataDir = None,
) -> None:
    """Accept a database that is older than the anchor beside the master key, such as one restored by hand.

    Until then, servers and commands refuse to use it. Whatever was deleted since is there again.
    """
    wiring.accept_older(read_settings(data_dir=data_dir), read_head(head))
    say("The database is accepted as it is.")


@database_commands.command("compact", epilog="Example: visavis db compact --data-dir /srv/visavis")
def compact(data_dir: DataDir = None) -> None:
    """Rewrite the database so that its files contain no deleted data and no free space.

    Works while servers are running: their requests wait until everything has been written once. It needs
    disk space for a second copy meanwhile. PostgreSQL's write-ahead log and archives are not touched.
    """
    with closing(wiring.open_records(read_settings(data_dir=data_dir))) as storage:
        storage.compact()
    say("The database has been rewritten.")


@database_commands.command(
    "copy",
    epilog="Example: visavis db copy --from sqlite:visavis-data/visavis.db --to postgresql://visavis@db/visavis",
)
def copy(
    source: Annotated[str, typer.Option("--from", metavar="URL", help=DATABASE)],
    target: Annotated[str, typer.Option("--to", metavar="URL", help=f"{DATABASE}; empty, or an unfinished copy.")],
) -> None:
    """Copy everything into an empty database of either kind, and compare the two. Stop the source's servers first.

    To resume an interrupted copy, run the same command again. The master key is not in the database: servers of
    the target need the source's key.
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
    say("Both databases are identical, row by row.")


def read_head(text: str) -> AuditHead:
    """The end of an audit log as it is printed. Raises SetupError."""
    try:
        return AuditHead.read(text)
    except ValueError as error:
        raise SetupError(f"{text!r} is not a head: {error}.") from None


@contextmanager
def progress(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=complaint, disable=not complaint.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        yield lambda count: bar.advance(task, count)
