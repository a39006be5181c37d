"""Apps, user access keys and their tokens."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Protocol

from visavis.identities import (
    AccessKey,
    App,
    Caller,
    KeyKind,
    KeyRecord,
)


class AppStore(Protocol):
    """Apps and the keyed hashes of their keys. The keys themselves are not stored."""

    def create_app(self, name: str, keys: dict[KeyKind, str]) -> App:
        """Create an app with these keys. Raises `ValueError` if the name is taken."""
        ...

    def list_apps(self) -> list[App]:
        """All apps by ascending name."""
        ...

    def find_app(self, name: str) -> App | None:
        """The app of this name; None if there is none."""
        ...

    def change_dialects(self, app: App, change: Callable[[frozenset[str]], frozenset[str]]) -> App:
        """Set which dialects are switched off for the app: what `change` returns for those that are off so far.

        Atomic: no other change happens in between. Names have no spaces. Raises UNAUTHORIZED if the app has been
        deleted since.
        """
        ...

    def set_rate_limit(self, app: App, rate: str) -> App:
        """Set the app's rate limit, such as `600/minute`; "" means no limit.

        Raises UNAUTHORIZED if the app has been deleted since.
        """
        ...

    def list_keys(self, app: App) -> list[KeyRecord]:
        """The app's keys by ascending id, retired ones included."""
        ...

    def delete_keys(self, app: App, ids: Collection[int]) -> None:
        """Delete these keys of the app. They stop working at once, on every node."""
        ...

    def delete_app(self, app: App) -> None:
        """Delete the app with its keys, groups and faces. Does nothing if it has been deleted already."""
        ...

    def add_keys(self, app: App, keys: dict[KeyKind, str], retire_others_at: datetime) -> None:
        """Add keys to the app. Its other keys of the same kinds stop working at `retire_others_at` or before."""
        ...

    def callers(self, credentials: Mapping[KeyKind, str], now: datetime) -> list[Caller | None]:
        """The owner of each key, None for a key that is not valid at `now`. Takes the same time for any keys."""
        ...


class AccessKeyStore(Protocol):
    """User access keys and their tokens. Only keyed hashes of secrets and tokens are stored.

    Methods that take an `AccessKey` and change it raise ACCESS_KEY_NOT_FOUND if it has been revoked since.
    """

    def create_key(
        self, name: str, key_id: str, secret: str, apps: Collection[App] | None, lifetime_seconds: int
    ) -> AccessKey:
        """Raises DUPLICATE_ACCESS_KEY if the name is taken. `apps` None means all."""
        ...

    def list_keys(self) -> list[AccessKey]:
        """All keys by ascending name."""
        ...

    def limit_key(self, key: AccessKey, apps: Collection[App] | None, lifetime_seconds: int) -> AccessKey:
        """Set the apps, None for all, and the lifetime of new tokens. Tokens lose apps at once."""
        ...

    def replace_secret(self, key: AccessKey, secret: str, now: datetime, old_until: datetime) -> None:
        """Set the secret. The one before works until `old_until`; if that is not after `now`, tokens end too."""
        ...

    def delete_key(self, key: AccessKey) -> None:
        """Delete the key and its tokens. They stop working at once, on every node."""
        ...

    def key_of(self, key_id: str, secret: str, now: datetime) -> AccessKey | None:
        """The key with this id and secret. Takes the same time for any secret."""
        ...

    def add_token(self, key: AccessKey, token: str, now: datetime, expires_at: datetime, keep: int) -> None:
        """Add a token. Expired ones of the key are deleted, and the oldest ones if there are more than `keep`."""
        ...

    def holder(self, token: str, now: datetime) -> AccessKey | None:
        """The key that the token was issued to; None if it is unknown, expired or revoked."""
        ...

    def bearer(self, token: str, app_key: str, now: datetime) -> tuple[AccessKey, Caller] | None:
        """What `holder` says of a token and `AppStore.callers` of the app key beside it, by one look-up.

        None if one of them is not known: then only these two tell which.
        """
        ...

    def delete_token(self, key: AccessKey, token: str) -> bool:
        """Delete a token of this key, on every node at once; whether there was one."""
        ...

    def delete_expired_tokens(self, now: datetime) -> int:
        """Delete the expired tokens of all keys; return their number."""
        ...
