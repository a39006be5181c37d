"""Apps and the keyed hashes of their keys."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, literal, or_, select, update
from sqlalchemy.exc import IntegrityError

from visavis.errors import ErrorCode, ServiceError
from visavis.identities import App, Caller, KeyKind, KeyRecord
from visavis.index.cache import IndexCache
from visavis.storage.audit.journal import Journal
from visavis.storage.database import schema
from visavis.storage.database.connection import Database
from visavis.storage.database.schema import apps
from visavis.storage.keys.ring import KeyRing

_APP = (apps.c.id, apps.c.name, apps.c.created_at, apps.c.dialects_off, apps.c.rate_limit)
_OWNER = (
    select(schema.keys.c.id, schema.keys.c.hash, schema.keys.c.retires_at, *_APP)
    .join(apps, apps.c.id == schema.keys.c.app_id)
    .where(schema.keys.c.kind == bindparam("kind"), schema.keys.c.hash == bindparam("digest"))
)
"""Built once: every request uses it twice, and building it takes longer than executing it."""


class KeyedApps:
    """Implements core's `AppStore`. Keys are kept as HMAC-SHA256; the keys themselves are not kept."""

    def __init__(self, database: Database, ring: KeyRing, index_cache: IndexCache, journal: Journal) -> None:
        self._database = database
        self._journal = journal
        self._ring = ring
        self._index_cache = index_cache

    def create_app(self, name: str, keys: Mapping[KeyKind, str]) -> App:
        now = datetime.now(UTC)
        with self._database.write() as connection:
            statement = insert(apps).values(name=name, created_at=now, group_count=0).returning(*_APP)
            try:
                with connection.begin_nested():
                    app = _app(connection.execute(statement).one())
            except IntegrityError:
                raise ValueError(f"An app named {name!r} exists already") from None
            self._insert_keys(connection, app, keys, now)
            self._journal.record(connection, "create_app", app_id=app.id, app=app.name)
            return app

    def list_apps(self) -> list[App]:
        with self._database.read() as connection:
            return [_app(row) for row in connection.execute(select(*_APP).order_by(apps.c.name))]

    def find_app(self, name: str) -> App | None:
        with self._database.read() as connection:
            row = connection.execute(select(*_APP).where(apps.c.name == literal(name, schema.Label))).one_or_none()
        return None if row is None else _app(row)

    def change_dialects(self, app: App, change: Callable[[frozenset[str]], frozenset[str]]) -> App:
        with self._database.write() as connection:
            off = connection.scalar(select(apps.c.dialects_off).where(apps.c.id == app.id).with_for_update())
            names = sorted(change(frozenset((off or "").split())))
            detail = f"dialects off: {', '.join(names) or 'none'}"
            return self._change(connection, app, detail, dialects_off=" ".join(names))

    def set_rate_limit(self, app: App, rate: str) -> App:
        with self._database.write() as connection:
            return self._change(connection, app, f"rate limit: {rate or 'off'}", rate_limit=rate)

    def _change(self, connection: Connection, app: App, detail: str, **values: str) -> App:
        statement = update(apps).where(apps.c.id == app.id).values(values)
        row = connection.execute(statement.returning(*_APP)).one_or_none()
        if row is None:
            raise ServiceError(ErrorCode.UNAUTHORIZED, "The app has been deleted.")
        self._journal.record(connection, "change_app", app_id=app.id, app=app.name, detail=detail)
        return _app(row)

    def list_keys(self, app: App) -> list[KeyRecord]:
        keys = schema.keys.c
        query = select(keys.id, keys.kind, keys.created_at, keys.retires_at).where(keys.app_id == app.id)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(keys.id)).all()
        return [KeyRecord(row.id, KeyKind(row.kind), row.created_at, row.retires_at) for row in rows]

    def delete_keys(self, app: App, ids: Collection[int]) -> None:
        keys = schema.keys.c
        with self._database.write() as connection:
            # Deleted, not retired: a node whose clock is behind would still accept a retired key.
            deleted = connection.execute(delete(schema.keys).where(keys.app_id == app.id, keys.id.in_(ids)))
            if not deleted.rowcount:
                return
            detail = f"keys {', '.join(map(str, sorted(set(ids))))}"
            self._journal.record(connection, "revoke_keys", app_id=app.id, app=app.name, detail=detail)

    def delete_app(self, app: App) -> None:
        with self._database.write() as connection:
            if connection.execute(delete(apps).where(apps.c.id == app.id)).rowcount:
                self._journal.record(connection, "delete_app", app_id=app.id, app=app.name)
        self._index_cache.evict_app(app.id)
        self._database.purge_deleted()

    def add_keys(self, app: App, keys: Mapping[KeyKind, str], retire_others_at: datetime) -> None:
        with self._database.write() as connection:
            retires_at = schema.keys.c.retires_at
            connection.execute(
                update(schema.keys)
                .where(schema.keys.c.app_id == app.id, schema.keys.c.kind.in_([kind.value for kind in keys]))
                .where(or_(retires_at.is_(None), retires_at > retire_others_at))
                .values(retires_at=retire_others_at)
            )
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
        key_id, stored, retires_at, *app = row or (0, bytes(len(digest)), None)
        if not hmac.compare_digest(stored, digest) or (retires_at is not None and retires_at <= now):
            return None
        return Caller(_app(app), key_id)

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
        if rows:
            connection.execute(insert(schema.keys), rows)


def _app(row: Sequence[Any]) -> App:
    """The app in a row with the columns of `_APP`."""
    app_id, name, created_at, dialects_off, rate_limit = row
    return App(app_id, name, created_at, frozenset(dialects_off.split()), rate_limit)
