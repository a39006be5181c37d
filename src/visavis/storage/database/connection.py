"""The interface of a database, which the modules `sqlite` and `postgresql` implement."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.pool import QueuePool

from visavis.errors import ErrorCode, ServiceError
from visavis.storage.database.direct import DirectStatement, Values

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Connections:
    """Numbers of connections of this process to the database."""

    open: int
    in_use: int


class Database(Protocol):
    """Transactions, for any number of threads and processes at once.

    Every error of the database is raised as a `ServiceError` with a plain detail, without statements and
    parameters.
    """

    def fetch(self, statement: DirectStatement, values: Values) -> list[Sequence[Any]]:
        """The rows of one SELECT, which sees one snapshot: a look-up without a transaction around it."""
        ...

    def insert(self, statement: DirectStatement, values: Values) -> None:
        """Insert one row by a statement that is its own transaction: on disk when this returns."""
        ...

    def read(self) -> AbstractContextManager[Connection]:
        """A transaction that sees one snapshot of the database, from its first statement on."""
        ...

    def write(self) -> AbstractContextManager[Connection]:
        """A transaction that is on disk when the block has ended.

        Other transactions may change rows that it has read, but not rows that it has locked
        (`SELECT ... FOR UPDATE`).
        """
        ...

    def set_up(self) -> AbstractContextManager[Connection]:
        """A write transaction for the setup. Only one at a time runs, over all processes."""
        ...

    def purge_deleted(self) -> None:
        """After a committed deletion, overwrite the deleted bytes as far as the database can."""
        ...

    def tidy(self) -> None:
        """Do what `purge_deleted` had to postpone, in this process or another."""
        ...

    def compact(self) -> None:
        """Rewrite the database, so that no deleted byte is left; other transactions wait meanwhile."""
        ...

    def connections(self) -> Connections:
        """The numbers of connections at this moment."""
        ...

    def close(self) -> None: ...


def connections_of(engine: Engine) -> Connections:
    """The numbers of connections in the engine's pool."""
    pool = engine.pool
    assert isinstance(pool, QueuePool)  # noqa: S101 - both databases have one
    in_use = pool.checkedout()
    return Connections(in_use + pool.checkedin(), in_use)


def failure(error: BaseException, detail: str | None, code: ErrorCode = ErrorCode.INTERNAL) -> ServiceError:
    """The error to raise instead of the database's own error, which is logged."""
    plain = detail or "The database failed to carry out a request."
    logger.error("%s", plain, exc_info=error)
    return ServiceError(code, plain)


@contextmanager
def without_traces() -> Iterator[None]:
    """Keep database errors out of the log, for a command that ends with a sentence about them."""
    logger.addFilter(_nothing)
    try:
        yield
    finally:
        logger.removeFilter(_nothing)


def _nothing(_record: logging.LogRecord) -> bool:
    return False


def why(error: ServiceError) -> str:
    """The database's own message on one line, or the detail of the error."""
    cause = error.__cause__
    lines = str(getattr(cause, "orig", None) or cause or error.detail).splitlines()
    said = " ".join(line.strip() for line in lines) if lines[0].startswith("multiple") else lines[0]
    return said.strip().rstrip(".?")
