"""User access keys and access tokens in memory."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from threading import RLock

from tests.fakes.apps import FakeAppStore
from tests.fakes.journal import FakeJournal
from visavis.core.ports import Clock
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import AccessKey, App, Caller, KeyKind


@dataclass(frozen=True)
class _Token:
    key: int
    created_at: datetime
    expires_at: datetime


@dataclass
class FakeAccessKeyStore:
    """Of the apps that the app store has: a key that had a right to deleted ones alone is gone."""

    journal: FakeJournal
    apps: FakeAppStore
    clock: Clock
    lock: RLock = field(default_factory=RLock)
    _keys: dict[int, AccessKey] = field(default_factory=dict)
    _secrets: dict[int, str] = field(default_factory=dict)
    _old: dict[int, tuple[str, datetime]] = field(default_factory=dict)
    _tokens: dict[str, _Token] = field(default_factory=dict)
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.apps.keys_of_alone = lambda app: [
            key.name for key in self.list_keys() if key.apps == frozenset({app.id})
        ]

    def create_key(
        self, name: str, key_id: str, secret: str, apps: Collection[App] | None, lifetime_seconds: int
    ) -> AccessKey:
        with self.lock:
            if any(key.name == name for key in self.list_keys()):
                detail = f"A user access key named {name!r} already exists."
                raise ServiceError(ErrorCode.DUPLICATE_ACCESS_KEY, detail)
            number = next(self._numbers)
            key = AccessKey(number, key_id, name, _ids(apps), lifetime_seconds, self.clock())
            self._keys[number], self._secrets[number] = key, secret
            self._note("create_access_key", key)
            return key

    def list_keys(self) -> list[AccessKey]:
        with self.lock:
            return sorted((key for key in map(self._now, self._keys) if key), key=lambda key: key.name)

    def limit_key(self, key: AccessKey, apps: Collection[App] | None, lifetime_seconds: int) -> AccessKey:
        with self.lock:
            changed = replace(self._require(key), apps=_ids(apps), lifetime_seconds=lifetime_seconds)
            self._keys[key.number] = changed
            self._note("change_access_key", key)
            return changed

    def replace_secret(self, key: AccessKey, secret: str, now: datetime, old_until: datetime) -> None:
        with self.lock:
            kept = self._require(key)
            at_once = old_until <= now
            self._old.pop(key.number, None)
            if at_once:
                self._end_tokens(key.number)
            else:
                self._old[key.number] = (self._secrets[key.number], old_until)
            self._keys[key.number] = replace(kept, old_secret_until=None if at_once else old_until)
            self._secrets[key.number] = secret
            self._note("rotate_access_key", key)

    def delete_key(self, key: AccessKey) -> None:
        with self.lock:
            self._require(key)
            del self._keys[key.number]
            self._end_tokens(key.number)
            self._note("revoke_access_key", key)

    def key_of(self, key_id: str, secret: str, now: datetime) -> AccessKey | None:
        for key in self.list_keys():
            old, until = self._old.get(key.number, ("", now))
            if key.id == key_id and (secret == self._secrets[key.number] or (secret == old and now < until)):
                return key
        return None

    def add_token(self, key: AccessKey, token: str, now: datetime, expires_at: datetime, keep: int) -> None:
        with self.lock:
            self._require(key)
            mine = {text: each for text, each in self._tokens.items() if each.key == key.number}
            live = [text for text, each in mine.items() if now < each.expires_at]
            kept = sorted(live, key=lambda text: mine[text].created_at)[-(keep - 1) :]
            for text in mine.keys() - set(kept):
                del self._tokens[text]
            self._tokens[token] = _Token(key.number, now, expires_at)
            self._note("issue_token", key)

    def holder(self, token: str, now: datetime) -> AccessKey | None:
        with self.lock:
            found = self._tokens.get(token)
            return self._now(found.key) if found is not None and now < found.expires_at else None

    def bearer(self, token: str, app_key: str, now: datetime) -> tuple[AccessKey, Caller] | None:
        holder, [caller] = self.holder(token, now), self.apps.callers({KeyKind.APP_KEY: app_key}, now)
        return None if holder is None or caller is None else (holder, caller)

    def delete_token(self, key: AccessKey, token: str) -> bool:
        with self.lock:
            self._require(key)
            found = self._tokens.get(token)
            if found is None or found.key != key.number:
                return False
            del self._tokens[token]
            self._note("revoke_token", key)
            return True

    def delete_expired_tokens(self, now: datetime) -> int:
        with self.lock:
            gone = [token for token, each in self._tokens.items() if each.expires_at <= now]
            for token in gone:
                del self._tokens[token]
            return len(gone)

    def _now(self, number: int) -> AccessKey | None:
        """The key without apps that were deleted since; None if no app is left, or the key was revoked."""
        key = self._keys.get(number)
        if key is None or key.apps is None:
            return key
        left = frozenset(app_id for app_id in key.apps if self.apps.has(app_id))
        return replace(key, apps=left) if left else None

    def _require(self, key: AccessKey) -> AccessKey:
        found = self._now(key.number)
        if found is None:
            raise ServiceError(ErrorCode.ACCESS_KEY_NOT_FOUND, "The user access key has been revoked.")
        return found

    def _end_tokens(self, number: int) -> None:
        self._tokens = {token: each for token, each in self._tokens.items() if each.key != number}

    def _note(self, operation: str, key: AccessKey) -> None:
        self.journal.record(operation, app_id=None, detail=f"user access key {key.name}")


def _ids(apps: Collection[App] | None) -> frozenset[int] | None:
    return None if apps is None else frozenset(app.id for app in apps)
