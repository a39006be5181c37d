"""Apps and the keyed hashes of their keys."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, literal, or_, select
from sqlalchemy.exc import IntegrityError

from visavis.errors import ErrorCode, ServiceError
from visavis.identities import App, Caller, KeyKind, KeyRecord
from visavis.index.cache import IndexCache
from visavis.storage.access_keys import delete_app_from_keys
from visavis.storage.audit.journal import Journal
from visavis.storage.database import schema
from visavis.storage.database.connection import Database
from visavis.storage.database.schema import apps
from visavis.storage.gallery.group_rows import lock_app
from visavis.storage.keys.ring import KeyRing
from visavis.storage.proof.record_sets import APPS, GROUPS, KEYS, sealed_total
from visavis.storage.proof.records import Proofs

_OWNER = (
    select(schema.keys, apps, sealed_total(KEYS), sealed_total(APPS))
    .join(apps, apps.c.id == schema.keys.c.app_id)
    .where(schema.keys.c.kind == bindparam("kind"), schema.keys.c.hash == bindparam("digest"))
)
"""Built once: every request uses it twice, and building it takes longer than executing it."""

_KEY_COLUMNS = [column.name for column in schema.keys.c]
_APP_COLUMNS = [column.name for column in apps.c]


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
                raise ValueError(f"An app named {name!r} exists already") from None
            app = _app(row)
            self._proofs.sets.begin(connection, GROUPS, app.id)
            self._insert_keys(connection, app, keys, now)
            self._journal.record(connection, "create_app", app_id=app.id, app=app.name)
            return app

    def list_apps(self) -> list[App]:
        with self._database.read() as connection:
            found = [_app(row) for row in self._proofs.all(connection, APPS)]
        return sorted(found, key=lambda app: app.name)

    def find_app(self, name: str) -> App | None:
        with self._database.read() as connection:
            statement = select(apps).where(apps.c.name == literal(name, schema.Label))
            row = connection.execute(statement).mappings().one_or_none()
            if row is None:
                self._proofs.sets.verify(connection, APPS)
                return None
            return _app(self._proofs.require(connection, APPS, row))

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
        return _app(rows[0])

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
            if delete_app_rows(connection, self._proofs, app.id):
                self._journal.record(connection, "delete_app", app_id=app.id, app=app.name)
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
        with self._database.read() as connection:
            return [self._caller(connection, kind, key, now) for kind, key in credentials.items()]

    def _caller(self, connection: Connection, kind: KeyKind, key: str, now: datetime) -> Caller | None:
        digest = self._ring.hash_credential(key)
        row = connection.execute(_OWNER, {"kind": kind.value, "digest": digest}).one_or_none()
        if row is None or not hmac.compare_digest(row[_KEY_COLUMNS.index("hash")], digest):
            self._proofs.sets.require_count(connection, KEYS)
            return None
        owned = dict(zip(_KEY_COLUMNS, row, strict=False))
        app = dict(zip(_APP_COLUMNS, row[len(_KEY_COLUMNS) :], strict=False))
        self._proofs.require(connection, KEYS, owned, row[-2])
        self._proofs.require(connection, APPS, app, row[-1])
        if owned["retires_at"] is not None and owned["retires_at"] <= now:
            return None
        return Caller(_app(app), owned["id"])

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


def delete_app_rows(connection: Connection, proofs: Proofs, app_id: int) -> bool:
    """Delete an app and all that it has; whether it was there.

    Its groups go before the sets, in which order everybody locks them.
    """
    lock_app(connection, app_id)
    connection.execute(delete(schema.groups).where(schema.groups.c.app_id == app_id))
    proofs.sets.end(connection, GROUPS, app_id)
    delete_app_from_keys(connection, proofs, app_id)
    proofs.delete(connection, KEYS, schema.keys.c.app_id == app_id)
    return bool(proofs.delete(connection, APPS, apps.c.id == app_id))


def _app(row: Mapping[str, Any]) -> App:
    return App(
        row["id"], row["name"], row["created_at"], frozenset(row["dialects_off"].split()), row["rate_limit"]
    )
