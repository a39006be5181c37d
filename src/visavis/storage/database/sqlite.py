"""A SQLite file as the database: opening, reading and writing."""

from __future__ import annotations

import logging
import sqlite3
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from visavis.errors import ErrorCode
from visavis.files import sync, temporary_file
from visavis.spans import Instrumentation, Span, uninstrumented
from visavis.storage.database.connection import Connections, connections_of, failure
from visavis.storage.database.direct import DirectStatement, Values
from visavis.storage.database.lone_statements import LoneStatements

logger = logging.getLogger(__name__)

_PATIENCE_S = 30.0
"""How long a writer waits for another process to commit."""

_PRAGMAS = (
    f"busy_timeout = {int(_PATIENCE_S * 1000)}",
    "journal_mode = WAL",
    "synchronous = FULL",  # NORMAL may lose acknowledged commits at power loss
    "foreign_keys = ON",
    "secure_delete = ON",
    "temp_store = MEMORY",
    "trusted_schema = OFF",
)

_DETAILS = {
    sqlite3.SQLITE_BUSY: "The database is busy.",
    sqlite3.SQLITE_LOCKED: "The database is busy.",
    sqlite3.SQLITE_FULL: "The disk of the database is full.",
    sqlite3.SQLITE_READONLY: "The database cannot be written to.",
    sqlite3.SQLITE_CANTOPEN: "The database cannot be opened.",
    sqlite3.SQLITE_IOERR: "The disk of the database cannot be read or written.",
    sqlite3.SQLITE_CORRUPT: "The database is damaged.",
    sqlite3.SQLITE_NOTADB: "The database is damaged.",
}


_PERMANENT = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
"""Errors that do not go away. Others with a detail end when an operator frees space or repairs a disk."""


class SqliteDatabase:
    """Transactions on one SQLite file in WAL mode.

    Any number of threads and processes may use the same file. Every error is raised as a `ServiceError` with a
    plain detail, without statements and parameters: OVERLOADED if it may go away, else INTERNAL.
    """

    def __init__(self, path: Path, instrument: Instrumentation = uninstrumented) -> None:
        """Create the file, readable by its owner alone, if it does not exist. Raises OSError."""
        if not path.exists():
            _create(path)
        self._path = path
        self._instrument = instrument
        self._writer_lock = _FifoLock()
        self._log_holds_deleted = False
        self._engine = _engine(path)
        self._writer = self._engine.execution_options(visavis_begin="BEGIN IMMEDIATE")
        self._lone = LoneStatements(lambda: _opened(path))

    def fetch(self, statement: DirectStatement, values: Values) -> list[Sequence[Any]]:
        """The rows of one SELECT, which sees one snapshot."""
        with self._instrument(Span.DATABASE_READ), _plain_errors():
            return self._run(statement, values)

    def insert(self, statement: DirectStatement, values: Values) -> None:
        """Insert one row, on disk when this returns. Writers wait in FIFO order."""
        with self._instrument(Span.DATABASE_WRITE), self._writer_lock, _plain_errors():
            self._run(statement, values)

    def _run(self, statement: DirectStatement, values: Values) -> list[Sequence[Any]]:
        form = statement.form(self._engine.dialect)
        return form.rows(self._lone.run(form.sql, form.arguments(values)))

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one snapshot of the database, from its first statement on."""
        with self._instrument(Span.DATABASE_READ), _plain_errors(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is the only writer, on disk when the block has ended. Writers wait in FIFO order."""
        with (
            self._instrument(Span.DATABASE_WRITE),
            self._writer_lock,
            _plain_errors(),
            self._writer.begin() as connection,
        ):
            yield connection

    @contextmanager
    def set_up(self) -> Iterator[Connection]:
        """A write transaction for the setup. Only one at a time runs, over all processes."""
        with self.write() as connection:
            yield connection

    def purge_deleted(self) -> None:
        """Empty the write-ahead log, which still holds pages from before a committed deletion.

        `secure_delete` overwrites deleted data in the database file itself. This waits in the queue of writers, so
        deletions that wait already come first, and the log is emptied once for all of them. A reader of an older
        snapshot can prevent that; then `tidy` tries again.
        """
        self._log_holds_deleted = True
        with self._writer_lock:
            if self._log_holds_deleted:
                self._log_holds_deleted = not self._empty_log()
                self._disconnect()  # connections hold pages as they were, until each is used again

    def tidy(self) -> None:
        """Empty the write-ahead log, also after deletions of a process that ended before it could do so."""
        self.purge_deleted()

    def compact(self) -> None:
        """Rewrite the file without the free space of deleted rows."""
        with (
            self._writer_lock,
            _plain_errors(),
            closing(sqlite3.connect(self._path, isolation_level=None)) as connection,
        ):
            connection.execute(f"PRAGMA busy_timeout = {int(_PATIENCE_S * 1000)}")
            connection.execute("PRAGMA temp_store = MEMORY")
            connection.execute("VACUUM")
        self.purge_deleted()

    def copy_to(self, path: Path) -> None:
        """Write a snapshot of the database to an empty file, without the free space of deleted rows."""
        with _plain_errors(), closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
            connection.execute("VACUUM INTO ?", (str(path),))

    def _empty_log(self) -> bool:
        try:
            with closing(sqlite3.connect(self._path, timeout=0.1)) as connection:
                busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as error:
            logger.warning("The write-ahead log could not be emptied: %s", error)
            return False
        return not busy

    def connections(self) -> Connections:
        """The numbers of connections at this moment."""
        pooled, lone = connections_of(self._engine), self._lone.count()
        return Connections(pooled.open + lone.open, pooled.in_use + lone.in_use)

    def close(self) -> None:
        self._disconnect()

    def _disconnect(self) -> None:
        self._engine.dispose()
        self._lone.renew()


class _FifoLock:
    """A lock that serves waiting threads in FIFO order, which `threading.Lock` does not promise."""

    def __init__(self) -> None:
        self._mutex = Lock()
        self._held = False
        self._waiting: deque[Lock] = deque()

    def __enter__(self) -> None:
        with self._mutex:
            if not self._held:
                self._held = True
                return
            waiter = Lock()
            waiter.acquire()
            self._waiting.append(waiter)
        waiter.acquire()  # the thread before us releases it, and leaves `_held` set for us

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._held = False


def _create(path: Path) -> None:
    """Create a database in WAL mode. The mode is set before other processes see the file, or it could fail."""
    with temporary_file(path) as temporary:  # there before SQLite opens it; -wal and -shm files inherit the mode
        with _plain_errors(), closing(sqlite3.connect(temporary)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
        with suppress(FileExistsError):  # another process was first
            path.hardlink_to(temporary)
    sync(path.parent)


def _engine(path: Path) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        hide_parameters=True,
        pool_size=16,
        max_overflow=-1,
        pool_reset_on_return=None,  # whoever begins a transaction ends it; a look-up has none
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "checkin", _end)
    event.listen(engine, "begin", _begin)
    return engine


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, check_same_thread=False)
    _prepare(connection)
    return connection


def _prepare(connection: DBAPIConnection | sqlite3.Connection, _entry: ConnectionPoolEntry | None = None) -> None:
    connection.isolation_level = None  # the driver would begin transactions by its own rules
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _end(connection: DBAPIConnection | None, _entry: ConnectionPoolEntry) -> None:
    """Undo a transaction whose COMMIT has failed, or whatever the connection writes next would be part of it."""
    if connection is not None and connection.in_transaction:
        connection.rollback()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("visavis_begin", "BEGIN"))


@contextmanager
def _plain_errors() -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        code = (getattr(getattr(error, "orig", error), "sqlite_errorcode", None) or 0) & 0xFF
        passes = code in _DETAILS and code not in _PERMANENT
        raise failure(error, _DETAILS.get(code), ErrorCode.OVERLOADED if passes else ErrorCode.INTERNAL) from error
