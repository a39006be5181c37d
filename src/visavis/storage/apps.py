"""Apps and the keyed hashes of their keys."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, delete, literal, or_, select
from sqlalchemy.exc import IntegrityError

from visavis.errors import ErrorCode, ServiceError
from visavis.identities import App, Caller, KeyKind, KeyRecord
from visavis.index.cache import IndexCache
from visavis.storage.access_keys import delete_app_from_keys
from visavis.storage.audit.journal import Journal
from visavis.storage.database import schema
from visavis.storage.database.column_types import Label
from visavis.storage.database.connection import Database
from visavis.storage.database.direct import DirectStatement
from visavis.storage.database.schema import apps
from visavis.storage.gallery import webhook_rows
from visavis.storage.gallery.group_rows import lock_app
from visavis.storage.keys.ring import KeyRing
from visavis.storage.owners import OWNED, Owned, app_of
from visavis.storage.proof.record_sets import APPS, GROUPS, KEYS
from visavis.storage.proof.records import Proofs


def _owners_of(count: int) -> Select[Any]:
    """The statement for `count` keys, by their kinds and hashes, with the apps that own them."""
    named = [
        and_(schema.keys.c.kind == bindparam(f"kind{each}"), schema.keys.c.hash == bindparam(f"digest{each}"))
        for each in range(count)
    ]
    owned = select(*OWNED).join_from(schema.keys, apps, apps.c.id == schema.keys.c.app_id)
    return owned.where(or_(*named))


_OWNER = _owners_of(1)
_OWNERS = [DirectStatement(_owners_of(count)) for count in range(1, len(KeyKind) + 1)]
"""By the number of keys that a request has: every request asks once."""


class KeyedApps:
    """Implements core's `AppStore`. Keys are kept as HMAC-SHA256; the keys themselves are not kept."""

    def __init__(self, database: Database, ring: KeyRing, index_cache: IndexCache, journal: Journal) -> None:
        self._database = database
        self._journal = journal
        self._ring = ring
        self._proofs = ring.proofs
        self._index_cache = index_cache

    def create_app(self, name: str, keys: Mapping[KeyKind, str]) -> App:
        now = datetime.now(UTC)
        with self._database.write() as connection:
            values = {"name": name, "created_at": now, "group_count": 0, "dialects_off": "", "rate_limit": ""}
            try:
                with connection.begin_nested():
                    [row] = self._proofs.insert(connection, APPS, [values])
            except IntegrityError:
                raise ValueError(f"An app named {name!r} already exists") from None
            app = app_of(row)
            self._proofs.sets.begin(connection, GROUPS, app.id)
            self._insert_keys(connection, app, keys, now)
            self._journal.record(connection, "create_app", app_id=app.id, app=app.name)
            return app

    def list_apps(self) -> list[App]:
        with self._database.read() as connection:
            found = [app_of(row) for row in self._proofs.all(connection, APPS)]
        return sorted(found, key=lambda app: app.name)

    def find_app(self, name: str) -> App | None:
        with self._database.read() as connection:
            statement = select(apps).where(apps.c.name == literal(name, Label))
            row = connection.execute(statement).mappings().one_or_none()
            if row is None:
                self._proofs.sets.verify(connection, APPS)
                return None
            return app_of(self._proofs.require(connection, APPS, row))

    def change_dialects(self, app: App, change: Callable[[frozenset[str]], frozenset[str]]) -> App:
        with self._database.write() as connection:
            there = self._proofs.lock(connection, APPS, apps.c.id == app.id)
            off = there[0]["dialects_off"] if there else ""
            names = sorted(change(frozenset(off.split())))
            detail = f"dialects off: {', '.join(names) or 'none'}"
            return self._change(connection, app, detail, dialects_off=" ".join(names))

    def set_rate_limit(self, app: App, rate: str) -> App:
        with self._database.write() as connection:
            return self._change(connection, app, f"rate limit: {rate or 'off'}", rate_limit=rate)

    def _change(self, connection: Connection, app: App, detail: str, **values: str) -> App:
        rows = self._proofs.update(connection, APPS, apps.c.id == app.id, values)
        if not rows:
            raise ServiceError(ErrorCode.UNAUTHORIZED, "The app has been deleted.")
        self._journal.record(connection, "change_app", app_id=app.id, app=app.name, detail=detail)
        return app_of(rows[0])

    def list_keys(self, app: App) -> list[KeyRecord]:
        with self._database.read() as connection:
            rows = [row for row in self._proofs.all(connection, KEYS) if row["app_id"] == app.id]
        return [KeyRecord(row["id"], KeyKind(row["kind"]), row["created_at"], row["retires_at"]) for row in rows]

    def delete_keys(self, app: App, ids: Collection[int]) -> None:
        keys = schema.keys.c
        with self._database.write() as connection:
            # Deleted, not retired: a node whose clock is behind would still accept a retired key.
            if not self._proofs.delete(connection, KEYS, keys.app_id == app.id, keys.id.in_(ids)):
                return
            detail = f"keys {', '.join(map(str, sorted(set(ids))))}"
            self._journal.record(connection, "revoke_keys", app_id=app.id, app=app.name, detail=detail)

    def delete_app(self, app: App) -> None:
        with self._database.write() as connection:
            keys = delete_app_rows(connection, self._proofs, app.id)
            if keys is not None:
                detail = f"with it the user access keys {', '.join(keys)}" if keys else None
                self._journal.record(connection, "delete_app", app_id=app.id, app=app.name, detail=detail)
        self._index_cache.evict_app(app.id)
        self._database.purge_deleted()

    def add_keys(self, app: App, keys: Mapping[KeyKind, str], retire_others_at: datetime) -> None:
        with self._database.write() as connection:
            retires_at = schema.keys.c.retires_at
            others = and_(
                schema.keys.c.app_id == app.id,
                schema.keys.c.kind.in_([kind.value for kind in keys]),
                or_(retires_at.is_(None), retires_at > retire_others_at),
            )
            self._proofs.update(connection, KEYS, others, {"retires_at": retire_others_at})
            self._insert_keys(connection, app, keys, datetime.now(UTC))
            retire = retire_others_at.astimezone(UTC).isoformat(timespec="seconds")
            detail = f"the keys before them work until {retire}"
            self._journal.record(connection, "rotate_keys", app_id=app.id, app=app.name, detail=detail)

    def callers(self, credentials: Mapping[KeyKind, str], now: datetime) -> list[Caller | None]:
        digests = {kind: self._ring.hash_credential(key) for kind, key in credentials.items()}
        owned = self._owned(digests) if digests else {}
        if len(owned) == len(digests):
            return [owned[kind].caller(now) for kind in digests]
        with self._database.read() as connection:
            return [self._searched_caller(connection, kind, digest, now) for kind, digest in digests.items()]

    def _owned(self, digests: Mapping[KeyKind, bytes]) -> dict[KeyKind, Owned]:
        """The keys with these hashes and their apps, by one statement, as far as they are known to be genuine."""
        values: dict[str, object] = {}
        for each, (kind, digest) in enumerate(digests.items()):
            values |= {f"kind{each}": kind.value, f"digest{each}": digest}
        owned = {}
        for row in self._database.fetch(_OWNERS[len(digests) - 1], values):
            found = Owned.read(row)
            kind = KeyKind(found.key["kind"])
            if found.is_known(self._proofs) and hmac.compare_digest(found.key["hash"], digests.get(kind, b"")):
                owned[kind] = found
        return owned

    def _searched_caller(
        self, connection: Connection, kind: KeyKind, digest: bytes, now: datetime
    ) -> Caller | None:
        row = connection.execute(_OWNER, {"kind0": kind.value, "digest0": digest}).one_or_none()
        owned = None if row is None else Owned.read(row)
        if owned is None or not hmac.compare_digest(owned.key["hash"], digest):
            self._proofs.sets.require_count(connection, KEYS)
            return None
        self._proofs.require(connection, KEYS, owned.key, owned.of_keys)
        self._proofs.require(connection, APPS, owned.app, owned.of_apps)
        return owned.caller(now)

    def _insert_keys(self, connection: Connection, app: App, new: Mapping[KeyKind, str], now: datetime) -> None:
        rows = [
            {
                "app_id": app.id,
                "kind": kind.value,
                "hash": self._ring.hash_credential(key),
                "created_at": now,
            }
            for kind, key in new.items()
        ]
        self._proofs.insert(connection, KEYS, rows)


def delete_app_rows(connection: Connection, proofs: Proofs, app_id: int) -> list[str] | None:
    """Delete an app and all that it has; None if it was not there.

    Returns the names of the user access keys that went with it, since they had a right to no other. Its groups go
    before the sets, in which order everybody locks them.
    """
    lock_app(connection, app_id)
    webhook_rows.delete_of(connection, proofs, schema.groups.c.app_id == app_id)
    connection.execute(delete(schema.groups).where(schema.groups.c.app_id == app_id))
    proofs.sets.end(connection, GROUPS, app_id)
    keys = delete_app_from_keys(connection, proofs, app_id)
    proofs.delete(connection, KEYS, schema.keys.c.app_id == app_id)
    return keys if proofs.delete(connection, APPS, apps.c.id == app_id) else None
