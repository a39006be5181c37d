"""Connections to SQLite for statements that stand alone. Lending one from SQLAlchemy takes as long as these do."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any

from visavis.storage.database.connection import Connections


class LoneStatements:
    """Runs statements outside of transactions: each is its own. For any number of threads at once."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        """`connect` opens a connection that begins no transaction by itself and may change threads."""
        self._connect = connect
        self._mutex = Lock()
        self._idle: list[sqlite3.Connection] = []
        self._in_use = 0
        self._age = 0

    def run(self, sql: str, arguments: Sequence[object] | Mapping[str, object]) -> list[Sequence[Any]]:
        """All rows of a statement, on the connection that was used last, which has the most in its cache."""
        with self._mutex:
            connection, age = self._idle.pop() if self._idle else None, self._age
            self._in_use += 1
        kept = False
        try:
            if connection is None:
                connection = self._connect()
            rows = connection.execute(sql, arguments).fetchall()
            kept = True
        finally:
            with self._mutex:
                self._in_use -= 1
                kept = kept and age == self._age
                if kept and connection is not None:
                    self._idle.append(connection)
            if not kept and connection is not None:
                connection.close()
        return rows

    def renew(self) -> None:
        """Close every connection, one in use after its statement: they hold pages as they were."""
        with self._mutex:
            idle, self._idle = self._idle, []
            self._age += 1
        for connection in idle:
            connection.close()

    def count(self) -> Connections:
        """The numbers of connections at this moment."""
        with self._mutex:
            return Connections(len(self._idle) + self._in_use, self._in_use)
