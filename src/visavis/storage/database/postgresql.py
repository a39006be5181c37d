"""A PostgreSQL server as the database of any number of nodes.

PgBouncer in transaction mode may be in between: there is no session state and there are no prepared statements.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from visavis.errors import ErrorCode, SetupError
from visavis.spans import Instrumentation, Span, uninstrumented
from visavis.storage.database.connection import Connections, connections_of, failure
from visavis.storage.database.schema import metadata

_SETTING_UP = 0x7669736176697300  # "visavis": one advisory lock for all nodes
_CONNECTION_WAIT_S = 5.0

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
    "08": "The connection to the database broke off.",
    "25": "The database cannot be written to.",
    "28": "The database refuses this user.",
    "3D": "There is no database of this name.",
    "40": "Another transaction was in the way.",
    "53": "The database is out of room, memory or connections.",
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
        engine = create_engine(
            "postgresql+psycopg://",
            creator=lambda: psycopg.connect(conninfo, prepare_threshold=None),
            hide_parameters=True,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=_CONNECTION_WAIT_S,
            pool_pre_ping=True,
        )
        self._engine = engine
        self._instrument = instrument
        self._reader = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one snapshot of the database, from its first statement on."""
        with self._instrument(Span.DATABASE_READ), _connected(self._reader) as connection, _plain_errors():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction at READ COMMITTED, on disk when the block has ended."""
        connected = _connected(self._engine)
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
        outside = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        with _connected(outside) as connection, _plain_errors():
            for table in metadata.tables:
                connection.execute(text(f'VACUUM FULL "{table}"'))

    def connections(self) -> Connections:
        """The numbers of connections at this moment."""
        return connections_of(self._engine)

    def close(self) -> None:
        self._engine.dispose()


@contextmanager
def _connected(engine: Engine) -> Iterator[Connection]:
    """A connection that has just been tested. Raises OVERLOADED if there is none; nothing was done then."""
    try:
        connection = engine.connect()
    except NoConnectionFree as error:
        raise failure(error, "All connections to the database are in use.", ErrorCode.OVERLOADED) from error
    except SQLAlchemyError as error:
        raise failure(error, "The database cannot be reached.", ErrorCode.OVERLOADED) from error
    with connection:
        yield connection


@contextmanager
def _plain_errors() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        cause = error.orig if isinstance(error, DBAPIError) else None
        state = getattr(cause, "sqlstate", None)
        from psycopg import OperationalError  # noqa: PLC0415 - imported already, where this is reached

        if state is None and isinstance(cause, OperationalError):
            raise failure(error, _DETAILS["08"]) from error
        kind = (state or "")[:2]
        code = ErrorCode.OVERLOADED if kind in _TRANSIENT else ErrorCode.INTERNAL
        raise failure(error, _DETAILS.get(kind), code) from error
