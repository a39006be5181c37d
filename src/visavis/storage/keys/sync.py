"""Keeps a running server in step with a key rotation: it reads the new key, answers, and drops the old key."""

from __future__ import annotations

import logging
import os
import secrets
import socket

from sqlalchemy import Connection, delete, insert, select

from visavis.storage.database.connection import Database
from visavis.storage.database.metadata import get_metadata
from visavis.storage.database.schema import key_holders
from visavis.storage.keys import metadata
from visavis.storage.keys.ring import KeyRing

logger = logging.getLogger(__name__)

SYNC_SECONDS = 1.0
"""How often a server checks. It answers a rotation, and drops a key that was replaced, within this time."""


class KeySync:
    """Checks the state of the rotation. Each server runs one as a periodic task."""

    def __init__(self, database: Database, ring: KeyRing) -> None:
        self._database = database
        self._ring = ring
        self._holder = secrets.token_hex(8)

    def run_once(self) -> None:
        with self._database.read() as connection:
            following, check = metadata.next_id(connection), get_metadata(connection, metadata.CHECK)
            answered = None if following is None else self._answered(connection)
        if following is None:
            if not metadata.is_current(self._ring.current, check) or self._ring.count > 1:
                self._take_current(check)
            return
        answer = (following, self._ring.known(following) is not None)
        if answer != answered:
            self._answer(*answer)

    def _answered(self, connection: Connection) -> tuple[str, bool] | None:
        """The answer of this server in the database. A rotation that starts again has deleted all answers."""
        statement = select(key_holders.c.key_id, key_holders.c.has_it).where(key_holders.c.holder == self._holder)
        row = connection.execute(statement).one_or_none()
        return None if row is None else (row.key_id, row.has_it)

    def _answer(self, key_id: str, has_it: bool) -> None:  # noqa: FBT001 - the column's value
        server = f"{socket.gethostname()} process {os.getpid()}"
        row = {"holder": self._holder, "key_id": key_id, "place": server, "has_it": has_it}
        with self._database.write() as connection:
            connection.execute(delete(key_holders).where(key_holders.c.holder == self._holder))
            connection.execute(insert(key_holders).values(row))

    def _take_current(self, check: bytes | None) -> None:
        if self._ring.adopt(check):
            logger.info("The master key is now %s; no other is accepted.", self._ring.current_id)
        else:
            logger.critical(
                "The master key was replaced by one that this server does not have. Restart it with that one."
            )
