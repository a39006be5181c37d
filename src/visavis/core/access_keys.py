"""User access keys: made, limited, rotated and revoked by operators."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from visavis.core.ports import AccessKeyStore, AppStore, Clock
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import AccessKey, App

LEAST_LIFETIME: Final = 60
MOST_LIFETIME: Final = 86_400
"""Seconds that a token is valid, at least and at most; the longest unless told."""


@dataclass(frozen=True, slots=True)
class AccessKeys:
    """Creates, changes and revokes user access keys."""

    _store: AccessKeyStore
    _apps: AppStore
    clock: Clock

    def create(
        self, name: str, apps: Collection[str] | None = None, lifetime_seconds: int = MOST_LIFETIME
    ) -> tuple[AccessKey, str]:
        """Create a key for the apps of these names, or for all; return it and its secret, shown never again.

        Raises INVALID_PARAMETER, APP_NOT_FOUND, DUPLICATE_ACCESS_KEY.
        """
        if not name.strip() or not name.isprintable() or len(name) > 100:
            detail = "A user access key's name has 1 to 100 printable characters."
            raise ServiceError(ErrorCode.INVALID_PARAMETER, detail)
        _require_lifetime(lifetime_seconds)
        secret = new_secret()
        key = self._store.create_key(name, secrets.token_hex(10), secret, self._named(apps), lifetime_seconds)
        return key, secret

    def all(self) -> list[AccessKey]:
        """All keys by ascending name."""
        return self._store.list_keys()

    def require(self, name: str) -> AccessKey:
        """The key of this name. Raises ACCESS_KEY_NOT_FOUND."""
        for key in self._store.list_keys():
            if key.name == name:
                return key
        raise ServiceError(ErrorCode.ACCESS_KEY_NOT_FOUND, f"There is no user access key named {name!r}.")

    def limit(self, key: AccessKey, apps: Collection[str] | None, lifetime_seconds: int) -> AccessKey:
        """Set the apps, None for all, and the lifetime of tokens from now on. Tokens lose apps at once.

        Raises INVALID_PARAMETER, APP_NOT_FOUND, ACCESS_KEY_NOT_FOUND.
        """
        _require_lifetime(lifetime_seconds)
        return self._store.limit_key(key, self._named(apps), lifetime_seconds)

    def rotate(self, key: AccessKey, overlap: timedelta) -> str:
        """Give the key a new secret and return it. The old one works until `overlap` is over.

        Without an overlap tokens of the key stop working too. Raises ACCESS_KEY_NOT_FOUND.
        """
        secret, now = new_secret(), self.clock()
        self._store.replace_secret(key, secret, now, now + overlap)
        return secret

    def revoke(self, key: AccessKey) -> None:
        """Make the key and its tokens stop working at once, on all nodes. Raises ACCESS_KEY_NOT_FOUND."""
        self._store.delete_key(key)

    def shown(self, keys: Collection[AccessKey]) -> list[dict[str, Any]]:
        """Keys as JSON, their apps by name; None stands for all of them. It does not hold the secrets."""
        apps = self._apps.list_apps()
        return [_shown(key, apps) for key in keys]

    def apps_of(self, key: AccessKey) -> list[str] | None:
        """The names of the key's apps; None for all."""
        return _names(key, self._apps.list_apps())

    def _named(self, names: Collection[str] | None) -> list[App] | None:
        if names is None:
            return None
        if not names:
            raise ServiceError(
                ErrorCode.INVALID_PARAMETER, "A user access key needs at least one app, or all apps."
            )
        apps = {name: self._apps.find_app(name) for name in names}
        for name, app in apps.items():
            if app is None:
                raise ServiceError(ErrorCode.APP_NOT_FOUND, f"There is no app named {name!r}.")
        return [app for app in apps.values() if app is not None]


def _names(key: AccessKey, apps: Collection[App]) -> list[str] | None:
    return None if key.apps is None else sorted(app.name for app in apps if key.covers(app))


def _shown(key: AccessKey, apps: Collection[App]) -> dict[str, Any]:
    return {
        "name": key.name,
        "id": key.id,
        "apps": _names(key, apps),
        "lifetime": key.lifetime_seconds,
        "created": key.created_at.isoformat(),
        "old_secret_until": key.old_secret_until and key.old_secret_until.isoformat(),
    }


def new_secret() -> str:
    """Random, 256 bits."""
    return secrets.token_hex(32)


def _require_lifetime(seconds: int) -> None:
    if not LEAST_LIFETIME <= seconds <= MOST_LIFETIME:
        detail = f"A token lasts {LEAST_LIFETIME} to {MOST_LIFETIME} seconds."
        raise ServiceError(ErrorCode.INVALID_PARAMETER, detail)
