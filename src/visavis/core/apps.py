"""Apps and their credentials."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from visavis.core.ports import AppStore, Clock
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import App, Caller, KeyKind, KeyRecord

_RATE = re.compile(r"[1-9][0-9]{0,6}/(second|minute|hour|day)")
_UNAUTHORIZED = "The app key or the key that belongs to it is missing, wrong or retired."

MAX_OVERLAP_HOURS = 87_600
"""Ten years: a longer time is a typing error."""


@dataclass(frozen=True, slots=True)
class Apps:
    """Creates, changes and deletes apps and their keys, and authenticates callers."""

    _store: AppStore
    clock: Clock
    dialects: tuple[str, ...]
    """Names of all wire protocols. An app speaks all of them unless some are switched off."""

    def create(self, name: str) -> dict[KeyKind, str]:
        """Create an app; return its keys, which are never shown again. Raises INVALID_PARAMETER, DUPLICATE_APP."""
        if not name.strip() or not name.isprintable() or len(name) > 100:
            raise ServiceError(ErrorCode.INVALID_PARAMETER, "An app's name has 1 to 100 printable characters.")
        keys = new_keys()
        try:
            self._store.create_app(name, keys)
        except ValueError as error:
            raise ServiceError(ErrorCode.DUPLICATE_APP, f"{error}.") from None
        return keys

    def all(self) -> list[App]:
        """All apps by ascending name."""
        return self._store.list_apps()

    def require(self, name: str) -> App:
        """The app of this name. Raises APP_NOT_FOUND."""
        app = self._store.find_app(name)
        if app is None:
            raise ServiceError(ErrorCode.APP_NOT_FOUND, f"There is no app named {name!r}.")
        return app

    def switch_off(self, app: App, dialects: Iterable[str]) -> App:
        """Switch off these dialects for the app, and no others. Raises INVALID_PARAMETER for an unknown one."""
        names = self._known(dialects)
        return self._store.change_dialects(app, lambda _: names)

    def switch(self, app: App, off: Iterable[str], on: Iterable[str]) -> App:
        """Switch some dialects off and some on; leave the others. Raises INVALID_PARAMETER for an unknown one."""
        added, taken = self._known(off), self._known(on)
        return self._store.change_dialects(app, lambda before: (before | added) - taken)

    def limit_rate(self, app: App, rate: str) -> App:
        """Set the rate limit of the app on each node, such as "600/minute"; "off" removes it.

        Raises INVALID_PARAMETER.
        """
        if rate != "off" and not _RATE.fullmatch(rate):
            detail = "A rate limit is a number per second, minute, hour or day, such as 600/minute, or off."
            raise ServiceError(ErrorCode.INVALID_PARAMETER, detail)
        return self._store.set_rate_limit(app, "" if rate == "off" else rate)

    def keys(self, app: App) -> list[KeyRecord]:
        """The app's keys by ascending id, retired ones included."""
        return self._store.list_keys(app)

    def revoke(self, app: App, ids: Collection[int]) -> list[KeyRecord]:
        """Make these keys stop working at once, and return their records.

        Raises KEY_NOT_FOUND, and then revokes none.
        """
        keys = {key.id: key for key in self.keys(app)}
        if unknown := set(ids) - set(keys):
            raise ServiceError(ErrorCode.KEY_NOT_FOUND, f"The app has no key with the id {min(unknown)}.")
        self._store.delete_keys(app, ids)
        return [keys[key] for key in sorted(set(ids))]

    def revoke_replaced(self, app: App) -> list[KeyRecord]:
        """Make all keys that a rotation has replaced stop working at once, and return their records."""
        replaced = [key.id for key in self.keys(app) if key.retires_at is not None]
        return self.revoke(app, replaced)

    def rotate(self, app: App, overlap: timedelta) -> dict[KeyKind, str]:
        """Add new keys of every kind and return them. The old keys work until `overlap` is over."""
        keys = new_keys()
        self._store.add_keys(app, keys, retire_others_at=self.clock() + overlap)
        return keys

    def delete(self, app: App) -> None:
        """Delete the app with its keys, groups and faces; do nothing if it has been deleted already."""
        self._store.delete_app(app)

    def authenticate(self, credentials: Mapping[KeyKind, str], dialect: str) -> Caller:
        """The app that owns all presented keys, and the last of these keys.

        Raises UNAUTHORIZED, also if the dialect is switched off.
        """
        callers = self._store.callers(credentials, self.clock())
        last = callers[-1] if callers else None
        if last is None or any(caller is None or caller.app.id != last.app.id for caller in callers):
            raise ServiceError(ErrorCode.UNAUTHORIZED, _UNAUTHORIZED)
        require_spoken(last.app, dialect)
        return last

    def _known(self, dialects: Iterable[str]) -> frozenset[str]:
        names = frozenset(dialects)
        if unknown := names - set(self.dialects):
            known = ", ".join(self.dialects)
            detail = f"There is no dialect {min(unknown)!r}, only {known}."
            raise ServiceError(ErrorCode.INVALID_PARAMETER, detail)
        return names


def require_spoken(app: App, dialect: str) -> None:
    """Raises UNAUTHORIZED if the dialect is switched off for the app."""
    if dialect in app.dialects_off:
        raise ServiceError(ErrorCode.UNAUTHORIZED, "This API version is switched off for the app.")


def new_keys() -> dict[KeyKind, str]:
    """Random keys: 128 bits in the app key, which is part of URLs, 256 bits in the others."""
    return {
        KeyKind.APP_KEY: secrets.token_hex(16),
        KeyKind.SECRET_KEY: secrets.token_hex(32),
        KeyKind.API_KEY: secrets.token_hex(32),
    }


def shown_key(key: KeyRecord) -> dict[str, object]:
    """A key record as JSON. It does not hold the key."""
    return {
        "id": key.id,
        "kind": key.kind.value,
        "created": key.created_at.isoformat(),
        "retires": key.retires_at and key.retires_at.isoformat(),
    }
