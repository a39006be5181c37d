"""Apps and their credentials."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from visavis.core.ports import AppStore, Clock
from visavis.errors import ErrorCode, FaceError
from visavis.types import App, KeyKind

_UNAUTHORIZED = "The app key or the key that belongs to it is missing, wrong or retired."


@dataclass(frozen=True, slots=True)
class Apps:
    """Creates apps, hands out their keys once, and recognises who is calling."""

    store: AppStore
    clock: Clock

    def create(self, name: str) -> dict[KeyKind, str]:
        """A new app's keys, shown now and never again. Raises ValueError if the name is taken or empty."""
        if not name.strip() or not name.isprintable() or len(name) > 100:
            raise ValueError("an app's name has 1 to 100 printable characters")
        keys = new_keys()
        self.store.create_app(name, keys)
        return keys

    def rotate(self, app: App, overlap: timedelta) -> dict[KeyKind, str]:
        """New keys of every kind; the old ones work until `overlap` is over."""
        keys = new_keys()
        self.store.add_keys(app, keys, retire_others_at=self.clock() + overlap)
        return keys

    def authenticate(self, credentials: Mapping[KeyKind, str], dialect: str) -> App:
        """The one app that owns every key presented. Raises UNAUTHORIZED, also where the dialect is switched off."""
        now = self.clock()
        owners = [self.store.app_of_key(kind, key, now) for kind, key in credentials.items()]
        first = owners[0] if owners else None
        if first is None or any(owner is None or owner.id != first.id for owner in owners):
            raise FaceError(ErrorCode.UNAUTHORIZED, _UNAUTHORIZED)
        if dialect in first.dialects_off:
            raise FaceError(ErrorCode.UNAUTHORIZED, "This API version is switched off for the app.")
        return first


def new_keys() -> dict[KeyKind, str]:
    """Random keys: 128 bits in the app key, which is part of URLs, 256 bits in the others."""
    return {
        KeyKind.APP_KEY: secrets.token_hex(16),
        KeyKind.SECRET_KEY: secrets.token_hex(32),
        KeyKind.API_KEY: secrets.token_hex(32),
    }
