"""Puts a new master key in the place of the old one while servers run.

Only group keys and two data keys are wrapped anew; no template is touched. Each step leaves a state from which the
same command goes on: announce the new key, hear which servers have it, wrap the group keys by it, make it current.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import sleep

from sqlalchemy import Connection, delete, func, select

from visavis.errors import SetupError
from visavis.storage.audit.journal import Journal
from visavis.storage.database.connection import Database
from visavis.storage.database.metadata import delete_metadata, get_metadata, set_metadata
from visavis.storage.database.schema import groups, key_holders
from visavis.storage.keys import metadata
from visavis.storage.keys.cipher import KEY_BYTES, GroupBinding, MasterKey
from visavis.storage.keys.providers import KeyFile
from visavis.storage.keys.ring import KeyRing
from visavis.storage.proof.record_sets import GROUPS

_BATCH = 200
"""Groups a transaction, so that who writes to them waits for milliseconds."""

_COLUMNS = (groups.c.id, groups.c.app_id, groups.c.name, groups.c.model, groups.c.wrapped_key)


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """Where the keys stand."""

    source: str
    current: str
    following: str | None
    """Of a rotation that has begun."""
    groups: dict[str, int]
    """How many groups have a key wrapped by each master key."""
    retired: list[str]
    answers: list[tuple[str, bool]]
    """Servers that the rotation has heard of, and whether they have the new key."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """Moves a database from one master key to another."""

    database: Database
    ring: KeyRing
    journal: Journal

    def status(self) -> KeyStatus:
        with self.database.read() as connection:
            counts = select(groups.c.wrapped_by, func.count().label("number")).group_by(groups.c.wrapped_by)
            answers = select(key_holders.c.place, key_holders.c.has_it).order_by(key_holders.c.place)
            return KeyStatus(
                self.ring.provider.source,
                self.ring.current_id,
                metadata.next_id(connection),
                {row.wrapped_by: row.number for row in connection.execute(counts)},
                metadata.retired_ids(connection),
                [(row.place, row.has_it) for row in connection.execute(answers)],
            )

    def run(self, patience_seconds: float, progress: Callable[[int], None]) -> str:
        """Rotate, or finish a rotation that was broken off; the id of the key that is current then.

        Servers have `patience_seconds` to say that they have the new key. Raises SetupError, and changes nothing
        but the key file, if there is no new key or a server lacks it.
        """
        new = self._announce()
        if new is not None:
            lacking = self._hear(new, patience_seconds)
            if lacking:
                self._withdraw()
                raise SetupError(
                    f"The new master key {new.id} is not known to {', '.join(lacking)}. Give it there beside the "
                    f"old one, and run the command again."
                )
            while self._rewrap_some(new, progress):
                pass
            self._finish(new)
        self._tidy()
        return self.ring.current_id

    def _announce(self) -> MasterKey | None:
        """Announce the key to move to; None where a rotation needs no more than its key file tidied.

        Of several commands at once one is in here: two that each made a key would overwrite each other's.
        """
        with self.database.write() as connection:
            check = metadata.lock_check(connection, shared=False)
            given = {master.id: master for master in map(MasterKey, self.ring.provider.read())}
            if not metadata.is_current(
                self.ring.current, check
            ):  # another command has finished since this one began
                self._take_current(given.values(), check)
                return None
            new = self._next(connection, given)
            if new is not None:
                connection.execute(delete(key_holders))
                set_metadata(connection, metadata.NEXT, new.id.encode())
            return new

    def _take_current(self, given: Iterable[MasterKey], check: bytes | None) -> None:
        for master in given:
            self.ring.learn(master)
        if not self.ring.settle_to(check):
            raise SetupError("The master key has just been replaced by one that this command was not given.")

    def _next(self, connection: Connection, given: Mapping[str, MasterKey]) -> MasterKey | None:
        provider, retired = self.ring.provider, set(metadata.retired_ids(connection))
        new = [given[key_id] for key_id in given.keys() - retired - {self.ring.current_id}]
        following = metadata.next_id(connection)
        if following not in {None, *(master.id for master in new)}:
            raise SetupError(f"A rotation to the master key {following} has begun: give that one.")
        if new:
            return new[0]
        if not (isinstance(provider, KeyFile) and provider.own):
            raise SetupError(
                "There is no new master key. Give it beside the old one, with white space between them, to every "
                "server; then run this command with both."
            )
        if retired & given.keys():
            return None
        secret = secrets.token_bytes(KEY_BYTES)
        provider.replace(*provider.read(), secret)
        return MasterKey(secret)

    def _hear(self, new: MasterKey, patience_seconds: float) -> Sequence[str]:
        """The servers that have answered, and lack the key. One that is down does not answer, and need not."""
        sleep(patience_seconds)
        statement = select(key_holders.c.place).where(key_holders.c.key_id == new.id, ~key_holders.c.has_it)
        with self.database.read() as connection:
            return list(connection.scalars(statement))

    def _withdraw(self) -> None:
        with self.database.write() as connection:
            begun = connection.scalar(
                select(func.count()).where(groups.c.wrapped_by == metadata.next_id(connection))
            )
            if not begun:
                delete_metadata(connection, metadata.NEXT)

    def _rewrap_some(self, new: MasterKey, progress: Callable[[int], None]) -> int:
        with self.database.write() as connection:
            done = self._rewrap(connection, new)
        progress(done)
        return done

    def _rewrap(self, connection: Connection, new: MasterKey, limit: int | None = _BATCH) -> int:
        rows = select(*_COLUMNS).where(groups.c.wrapped_by != new.id).order_by(groups.c.id).limit(limit)
        found = connection.execute(rows.with_for_update()).all()
        for group_key, app_id, name, model, wrapped in found:
            binding = GroupBinding(app_id, group_key, name, model)
            rewrapped = self.ring.current.rewrapped(wrapped, binding, new)
            if rewrapped is None:
                raise SetupError(f"The key of group number {group_key} does not open: run `visavis db check`.")
            values = {"wrapped_key": rewrapped, "wrapped_by": new.id}
            self.ring.proofs.update(connection, GROUPS, groups.c.id == group_key, values)
        return len(found)

    def _finish(self, new: MasterKey) -> None:
        """Make the new key current, and wrap by it what was made while the others were wrapped."""
        old = self.ring.current
        with self.database.write() as connection:
            # Who makes a group holds this row until the group is there.
            check = metadata.lock_check(connection, shared=False)
            if not metadata.is_current(new, check):  # otherwise another process was first
                self._move(connection, old, new)
        self.ring.learn(new)
        self.ring.settle_to(new.check)
        self.database.forget_deleted()

    def _move(self, connection: Connection, old: MasterKey, new: MasterKey) -> None:
        self._rewrap(connection, new, limit=None)
        for name, place in metadata.DATA_KEYS.items():
            set_metadata(connection, place, new.wrap(old.unwrap(_there(connection, place), name), name))
        set_metadata(connection, metadata.CHECK, new.check)
        set_metadata(connection, metadata.RETIRED, " ".join([*metadata.retired_ids(connection), old.id]).encode())
        delete_metadata(connection, metadata.NEXT)
        connection.execute(delete(key_holders))
        self.journal.record(connection, "rotate_master_key", app_id=None, detail=f"from {old.id} to {new.id}")

    def _tidy(self) -> None:
        """Take the keys that are done with out of the server's own key file."""
        provider = self.ring.provider
        if isinstance(provider, KeyFile) and provider.own:
            with self.database.write() as connection:
                check = metadata.lock_check(connection, shared=False)  # the next rotation writes the file too
                following = metadata.next_id(connection)
                given = [(secret, MasterKey(secret)) for secret in provider.read()]
                kept = [secret for secret, key in given if metadata.is_current(key, check) or key.id == following]
                if kept:
                    provider.replace(*kept)


def _there(connection: Connection, place: str) -> bytes:
    value = get_metadata(connection, place)
    assert value is not None  # noqa: S101 - settled when the storage was opened
    return value
