"""Apps and their keys in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from threading import RLock

from tests.fakes.journal import FakeJournal
from visavis.core.ports import Clock
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import App, Caller, KeyKind, KeyRecord


@dataclass(frozen=True)
class _Key:
    app_id: int
    digest: bytes
    record: KeyRecord


@dataclass
class FakeAppStore:
    """What is deleted with an app looks here whether the app is still there."""

    journal: FakeJournal
    clock: Clock
    keys_of_alone: Callable[[App], list[str]] = lambda _: []
    """Names of the user access keys that have a right to this app and to no other."""
    lock: RLock = field(default_factory=RLock)
    _apps: dict[int, App] = field(default_factory=dict)
    _keys: dict[int, _Key] = field(default_factory=dict)
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def create_app(self, name: str, keys: Mapping[KeyKind, str]) -> App:
        with self.lock:
            if self.find_app(name) is not None:
                raise ValueError(f"An app named {name!r} already exists")
            app = App(next(self._numbers), name, self.clock())
            self._apps[app.id] = app
            self._insert_keys(app, keys)
            self.journal.record("create_app", app_id=app.id, app=name)
            return app

    def list_apps(self) -> list[App]:
        return sorted(self._apps.values(), key=lambda app: app.name)

    def find_app(self, name: str) -> App | None:
        return next((app for app in self._apps.values() if app.name == name), None)

    def has(self, app_id: int) -> bool:
        return app_id in self._apps

    def change_dialects(self, app: App, change: Callable[[frozenset[str]], frozenset[str]]) -> App:
        with self.lock:
            off = change(self._require(app).dialects_off)
            detail = f"dialects off: {', '.join(sorted(off)) or 'none'}"
            return self._change(replace(self._require(app), dialects_off=off), detail)

    def set_rate_limit(self, app: App, rate: str) -> App:
        with self.lock:
            return self._change(replace(self._require(app), rate_limit=rate), f"rate limit: {rate or 'off'}")

    def list_keys(self, app: App) -> list[KeyRecord]:
        return [key.record for _, key in sorted(self._keys.items()) if key.app_id == app.id]

    def delete_keys(self, app: App, ids: Collection[int]) -> None:
        with self.lock:
            gone = [number for number in ids if number in self._keys and self._keys[number].app_id == app.id]
            for number in set(gone):
                del self._keys[number]
            if gone:
                detail = f"keys {', '.join(map(str, sorted(set(ids))))}"
                self.journal.record("revoke_keys", app_id=app.id, app=app.name, detail=detail)

    def delete_app(self, app: App) -> None:
        with self.lock:
            gone = self.keys_of_alone(app)
            if self._apps.pop(app.id, None) is None:
                return
            self._keys = {number: key for number, key in self._keys.items() if key.app_id != app.id}
            detail = f"with it the user access keys {', '.join(gone)}" if gone else None
            self.journal.record("delete_app", app_id=app.id, app=app.name, detail=detail)

    def add_keys(self, app: App, keys: Mapping[KeyKind, str], retire_others_at: datetime) -> None:
        with self.lock:
            for number, key in self._keys.items():
                retires_at = key.record.retires_at
                if key.app_id != app.id or key.record.kind not in keys:
                    continue
                if retires_at is None or retires_at > retire_others_at:
                    self._keys[number] = replace(key, record=replace(key.record, retires_at=retire_others_at))
            self._insert_keys(app, keys)
            self.journal.record("rotate_keys", app_id=app.id, app=app.name)

    def callers(self, credentials: Mapping[KeyKind, str], now: datetime) -> list[Caller | None]:
        return [self._caller(kind, key, now) for kind, key in credentials.items()]

    def _caller(self, kind: KeyKind, key: str, now: datetime) -> Caller | None:
        for owned in self._keys.values():
            retires_at = owned.record.retires_at
            if owned.record.kind is kind and owned.digest == _digest(key) and (not retires_at or now < retires_at):
                return Caller(self._apps[owned.app_id], owned.record.id)
        return None

    def _insert_keys(self, app: App, keys: Mapping[KeyKind, str]) -> None:
        for kind, key in keys.items():
            number = next(self._numbers)
            record = KeyRecord(number, kind, self.clock(), retires_at=None)
            self._keys[number] = _Key(app.id, _digest(key), record)

    def _require(self, app: App) -> App:
        if app.id not in self._apps:
            raise ServiceError(ErrorCode.UNAUTHORIZED, "The app has been deleted.")
        return self._apps[app.id]

    def _change(self, app: App, detail: str) -> App:
        self._apps[app.id] = app
        self.journal.record("change_app", app_id=app.id, app=app.name, detail=detail)
        return app


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode(errors="surrogatepass")).digest()
