"""A PostgreSQL server as the database of any number of nodes.

PgBouncer in transaction mode may be in between: there is no session state and there are no prepared statements.
"""

from __future__ import annotations

import select
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.pool import ConnectionPoolEntry

from visavis.errors import ErrorCode, SetupError
from visavis.spans import Instrumentation, Span, uninstrumented
from visavis.storage.database.connection import Connections, connections_of, failure
from visavis.storage.database.direct import DirectStatement, Values
from visavis.storage.database.schema import metadata

if TYPE_CHECKING:
    import psycopg

T = TypeVar("T")

_SETTING_UP = 0x7669736176697300  # "visavis": one advisory lock for all nodes
_CONNECTION_WAIT_S = 5.0
_TRUSTED_S = 30.0
"""How long a connection may lie idle without being asked whether it is alive, if nothing has come from it."""
_ATTEMPTS = 3
"""On how many connections a step that changes nothing is tried, where one turns out to be lost."""
_UNREACHABLE = "The database cannot be reached."
_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED"
_BEGIN_SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

_DEFAULTS: dict[str, Any] = {
    "application_name": "visavis",
    "connect_timeout": 5,
    # Notice a server that disappeared without closing the connection within some twenty seconds.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 20_000,
}
"""Connection parameters of libpq that the URL does not set."""

_DETAILS = {
    "08": "The connection to the database was lost.",
    "25": "The database cannot be written to.",
    "28": "The database refuses this user.",
    "3D": "There is no database with this name.",
    "40": "The request conflicted with another transaction.",
    "53": "The database is out of space, memory or connections.",
    "57": "The database is shutting down or starting up.",
    "58": "The disk of the database cannot be read or written.",
    "XX": "The database is damaged.",
}
"""Messages by the class of the SQLSTATE (PostgreSQL, Appendix A)."""


_TRANSIENT = {"25", "40", "53"}
"""Classes of errors after which a transaction is certainly undone, and the next one may succeed."""


def describe_server(url: str) -> str:
    """The database server of a URL in words, with host and port, and never with the password."""
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415 - imported already, where this is reached

    named = conninfo_to_dict(url)
    hosts, ports = named.get("host") or "localhost", named.get("port") or 5432
    return f"The PostgreSQL at {hosts}, port {ports},"


class PostgresDatabase:
    """Transactions on one PostgreSQL database (see `Database`)."""

    def __init__(self, url: str, connections: int, instrument: Instrumentation = uninstrumented) -> None:
        """`url` is a libpq URI, also with several hosts; at most `connections` are open at once.

        Does not connect yet. Raises SetupError if the URL cannot be read.
        """
        import psycopg  # noqa: PLC0415 - takes its time, and most installations have SQLite
        from psycopg.conninfo import conninfo_to_dict, make_conninfo  # noqa: PLC0415

        try:
            conninfo = make_conninfo(**(_DEFAULTS | conninfo_to_dict(url)))
        except psycopg.ProgrammingError:
            raise SetupError("The database URL cannot be read; it begins with postgresql://.") from None
        # The driver begins nothing by itself: a single statement is its own transaction, and takes one round trip.
        engine = create_engine(
            "postgresql+psycopg://",
            creator=lambda: psycopg.connect(conninfo, autocommit=True, prepare_threshold=None),
            hide_parameters=True,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=_CONNECTION_WAIT_S,
        )
        event.listen(engine, "checkin", _note_idle)
        event.listen(engine, "checkout", _require_alive)
        self._engine = engine
        self._instrument = instrument

    def fetch(self, statement: DirectStatement, values: Values) -> list[Sequence[Any]]:
        """The rows of one SELECT, which sees one snapshot; on another connection if one is lost meanwhile."""
        form = statement.form(self._engine.dialect)
        arguments = form.arguments(values)
        with self._instrument(Span.DATABASE_READ), _plain_errors():
            connection, fetched = _tried(self._engine, lambda one: one.execute(form.sql, arguments).fetchall())
            connection.close()
            return form.rows(fetched)

    def insert(self, statement: DirectStatement, values: Values) -> None:
        """Insert one row, on disk when this returns."""
        form = statement.form(self._engine.dialect)
        with self._instrument(Span.DATABASE_WRITE), _connected(self._engine) as connection, _plain_errors():
            _driver(connection).execute(form.sql, form.arguments(values))

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one snapshot of the database, from its first statement on."""
        with (
            self._instrument(Span.DATABASE_READ),
            _connected(self._engine, _BEGIN_SNAPSHOT) as connection,
            _plain_errors(),
        ):
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction at READ COMMITTED, on disk when the block has ended."""
        connected = _connected(self._engine, _BEGIN)
        with self._instrument(Span.DATABASE_WRITE), connected as connection, _plain_errors(), connection.begin():
            yield connection

    @contextmanager
    def set_up(self) -> Iterator[Connection]:
        """A write transaction for the setup. Only one at a time runs, over all nodes."""
        with self.write() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SETTING_UP})
            yield connection

    def purge_deleted(self) -> None:
        """Do nothing: PostgreSQL has no way to overwrite deleted rows, which a vacuum leaves in place.

        Their bytes stay in the free space of pages until that is used again, or until `compact`. Templates in them
        are encrypted.
        """

    def tidy(self) -> None:
        """Do nothing: no work is postponed with PostgreSQL."""

    def compact(self) -> None:
        """Rewrite all tables. Other readers and writers of a table wait meanwhile."""
        with _connected(self._engine) as connection, _plain_errors():
            for table in metadata.tables:
                connection.execute(text(f'VACUUM FULL "{table}"'))

    def connections(self) -> Connections:
        """The numbers of connections at this moment."""
        return connections_of(self._engine)

    def close(self) -> None:
        self._engine.dispose()


def _note_idle(_connection: object, entry: ConnectionPoolEntry) -> None:
    entry.info["idle_since"] = monotonic()


def _require_alive(connection: psycopg.Connection, entry: ConnectionPoolEntry, _proxy: object) -> None:
    """Have the pool replace a connection that the server has closed.

    What a server says to an idle connection is that it closes it, so there is something to read then. Whoever went
    away without a word is noticed by a question, which costs a round trip, after a while.
    """
    from psycopg import Error  # noqa: PLC0415 - imported already, where this is reached

    try:
        waiting = select.poll()
        waiting.register(connection.fileno(), select.POLLIN)
        if waiting.poll(0) or monotonic() - entry.info.get("idle_since", 0.0) >= _TRUSTED_S:
            connection.execute("")
    except Error as error:
        raise DisconnectionError from error


def _driver(connection: Connection) -> psycopg.Connection:
    return cast("psycopg.Connection", connection.connection.driver_connection)


@contextmanager
def _connected(engine: Engine, begin: str | None = None) -> Iterator[Connection]:
    """A connection, in a transaction that begins with this statement if one is given.

    Raises OVERLOADED if there is none; nothing was done then.
    """
    connection = _connection(engine) if begin is None else _tried(engine, lambda one: one.execute(begin))[0]
    with connection:
        yield connection


def _tried(engine: Engine, step: Callable[[psycopg.Connection], T]) -> tuple[Connection, T]:
    """A connection and what a step on it has given, which changes nothing: so it is tried again if one is lost."""
    from psycopg import OperationalError  # noqa: PLC0415 - imported already, where this is reached

    for left in reversed(range(_ATTEMPTS)):
        connection = _connection(engine)
        driver = _driver(connection)
        try:
            return connection, step(driver)
        except BaseException as error:
            lost = isinstance(error, OperationalError) and driver.closed
            if lost:
                connection.invalidate()
            connection.close()
            if not lost:
                raise
            if not left:
                raise failure(error, _UNREACHABLE, ErrorCode.OVERLOADED) from error
    raise AssertionError


def _connection(engine: Engine) -> Connection:
    try:
        return engine.connect()
    except NoConnectionFree as error:
        raise failure(error, "All connections to the database are in use.", ErrorCode.OVERLOADED) from error
    except SQLAlchemyError as error:
        raise failure(error, _UNREACHABLE, ErrorCode.OVERLOADED) from error


@contextmanager
def _plain_errors() -> Iterator[None]:
    from psycopg import Error, OperationalError  # noqa: PLC0415 - imported already, where this is reached

    try:
        yield
    except (SQLAlchemyError, Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        state = getattr(cause, "sqlstate", None)
        if state is None and isinstance(cause, OperationalError):
            raise failure(error, _DETAILS["08"]) from error
        kind = (state or "")[:2]
        code = ErrorCode.OVERLOADED if kind in _TRANSIENT else ErrorCode.INTERNAL
        raise failure(error, _DETAILS.get(kind), code) from error
