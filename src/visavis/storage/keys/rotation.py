"""Rotates the master key while servers run.

Only group keys and two data keys are wrapped again; no template is touched. The steps: announce the new key, wait
until servers say whether they have it, wrap the group keys with it, make it current. After any step, the same
command continues a rotation that was interrupted.
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
"""Groups in one transaction. Other writers of these groups wait for milliseconds."""

_COLUMNS = (groups.c.id, groups.c.app_id, groups.c.name, groups.c.model, groups.c.wrapped_key)


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """The state of the master keys and of a rotation."""

    source: str
    current: str
    following: str | None
    """Id of the new key, if a rotation has begun."""
    groups: dict[str, int]
    """For each master key, the number of groups whose key it wraps."""
    retired: list[str]
    answers: list[tuple[str, bool]]
    """Servers that answered the rotation, and whether they have the new key."""


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
        """Rotate, or finish a rotation that was interrupted; return the id of the current key.

        Servers have `patience_seconds` to answer. Raises SetupError if there is no new key or a server lacks it;
        only the key file may have changed then.
        """
        new = self._announce()
        if new is not None:
            lacking = self._servers_without(new, patience_seconds)
            if lacking:
                self._cancel()
                raise SetupError(
                    f"The new master key {new.id} is not known to {', '.join(lacking)}. Add it there beside "
                    "the old one, and run the command again."
                )
            while self._rewrap_some(new, progress):
                pass
            self._finish(new)
        self._tidy()
        return self.ring.current_id

    def _announce(self) -> MasterKey | None:
        """Announce the new key; None if only the key file is left to clean up.

        The lock lets one command at a time in here, since two commands would overwrite each other's new key.
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
        if not self.ring.adopt(check):
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

    def _servers_without(self, new: MasterKey, patience_seconds: float) -> Sequence[str]:
        """Wait, then return the servers that answered that they lack the key. Stopped servers need not answer."""
        sleep(patience_seconds)
        statement = select(key_holders.c.place).where(key_holders.c.key_id == new.id, ~key_holders.c.has_it)
        with self.database.read() as connection:
            return list(connection.scalars(statement))

    def _cancel(self) -> None:
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
        """Make the new key current, after wrapping the keys of groups that were created meanwhile."""
        old = self.ring.current
        with self.database.write() as connection:
            # A transaction that creates a group holds a lock on this row until it ends.
            check = metadata.lock_check(connection, shared=False)
            if not metadata.is_current(new, check):  # otherwise another process was first
                self._move(connection, old, new)
        self.ring.learn(new)
        self.ring.adopt(new.check)
        self.database.purge_deleted()

    def _move(self, connection: Connection, old: MasterKey, new: MasterKey) -> None:
        self._rewrap(connection, new, limit=None)
        for name, meta_key in metadata.DATA_KEYS.items():
            wrapped = _stored_key(connection, meta_key)
            set_metadata(connection, meta_key, new.wrap(old.unwrap(wrapped, name), name))
        set_metadata(connection, metadata.CHECK, new.check)
        metadata.set_retired(connection, new, [*metadata.retired_ids(connection), old.id])
        delete_metadata(connection, metadata.NEXT)
        connection.execute(delete(key_holders))
        self.journal.record(connection, "rotate_master_key", app_id=None, detail=f"from {old.id} to {new.id}")

    def _tidy(self) -> None:
        """Remove retired keys from the server's own key file."""
        provider = self.ring.provider
        if isinstance(provider, KeyFile) and provider.own:
            with self.database.write() as connection:
                check = metadata.lock_check(connection, shared=False)  # the next rotation writes the file too
                following = metadata.next_id(connection)
                given = [(secret, MasterKey(secret)) for secret in provider.read()]
                kept = [secret for secret, key in given if metadata.is_current(key, check) or key.id == following]
                if kept:
                    provider.replace(*kept)


def _stored_key(connection: Connection, meta_key: str) -> bytes:
    value = get_metadata(connection, meta_key)
    assert value is not None  # noqa: S101 - opening the storage has set it
    return value
