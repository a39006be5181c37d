"""What the rest of storage asks of a database; one module each says how SQLite and PostgreSQL do it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.pool import QueuePool

from visavis.errors import ErrorCode, ServiceError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Connections:
    """To the database, of this process."""

    open: int
    in_use: int


class Database(Protocol):
    """Transactions, for any number of threads and processes at once.

    Whatever goes wrong below surfaces as `ServiceError` with a plain detail, without statements and parameters.
    """

    def read(self) -> AbstractContextManager[Connection]:
        """A transaction that sees one snapshot of the database, from its first statement on."""
        ...

    def write(self) -> AbstractContextManager[Connection]:
        """A transaction that is on disk when the block has ended.

        What it reads may change until it ends, apart from rows that it has locked (`SELECT ... FOR UPDATE`).
        """
        ...

    def set_up(self) -> AbstractContextManager[Connection]:
        """A write transaction beside which nobody else runs one of this kind."""
        ...

    def forget_deleted(self) -> None:
        """Leave as little as the database can of what a committed deletion took out."""
        ...

    def tidy(self) -> None:
        """Do what `forget_deleted` had to put off, in this process or another."""
        ...

    def compact(self) -> None:
        """Write everything anew, so that nothing is left of what was deleted; others wait meanwhile."""
        ...

    def connections(self) -> Connections:
        """How many there are at the moment."""
        ...

    def close(self) -> None: ...


def connections_of(engine: Engine) -> Connections:
    """As the engine's pool counts them."""
    pool = engine.pool
    assert isinstance(pool, QueuePool)  # noqa: S101 - both databases have one
    in_use = pool.checkedout()
    return Connections(in_use + pool.checkedin(), in_use)


def failure(error: Exception, detail: str | None, code: ErrorCode = ErrorCode.INTERNAL) -> ServiceError:
    """What to raise in place of a database's own error, which goes into the log."""
    plain = detail or "The database did not do what was asked of it."
    logger.error("%s", plain, exc_info=error)
    return ServiceError(code, plain)


@contextmanager
def without_traces() -> Iterator[None]:
    """Keep failures out of the log, for who ends with a sentence about them."""
    logger.addFilter(_nothing)
    try:
        yield
    finally:
        logger.removeFilter(_nothing)


def _nothing(_record: logging.LogRecord) -> bool:
    return False


def why(error: ServiceError) -> str:
    """What the database itself said, on one line, or what we make of it."""
    cause = error.__cause__
    lines = str(getattr(cause, "orig", None) or cause or error.detail).splitlines()
    said = " ".join(line.strip() for line in lines) if lines[0].startswith("multiple") else lines[0]
    return said.strip().rstrip(".?")
