"""Access tokens: issued to clients for a user access key (RFC 6749, 4.4), revoked (RFC 7009), and verified."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from visavis.core.apps import require_spoken
from visavis.core.ports import AccessKeyStore, AppStore, Clock
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import AccessKey, Caller, KeyKind

LIVE_TOKENS: Final = 100
"""How many tokens of a key are valid at a time; one more ends the oldest. So no client fills the database."""

_WRONG_KEY = "The id or the secret of the user access key is missing, wrong or retired."
_NO_TOKEN = "The access token is missing, malformed, unknown, expired or revoked."  # noqa: S105 - a sentence
_NO_RIGHT = "The access token does not give access to an app with this app key."


@dataclass(frozen=True, slots=True)
class AccessTokens:
    """Issues, revokes and verifies tokens. Every node knows the same."""

    _store: AccessKeyStore
    _apps: AppStore
    clock: Clock

    def client(self, key_id: str, secret: str) -> AccessKey:
        """The user access key of a client. Raises UNAUTHORIZED."""
        key = self._store.key_of(key_id, secret, self.clock())
        if key is None:
            raise ServiceError(ErrorCode.UNAUTHORIZED, _WRONG_KEY)
        return key

    def issue(self, key: AccessKey) -> str:
        """A new token, 43 characters, valid for the key's lifetime. Raises UNAUTHORIZED if the key is revoked."""
        token, now = secrets.token_urlsafe(32), self.clock()
        expires_at = now + timedelta(seconds=key.lifetime_seconds)
        try:
            self._store.add_token(key, token, now, expires_at, LIVE_TOKENS)
        except ServiceError as error:
            if error.code is ErrorCode.ACCESS_KEY_NOT_FOUND:
                raise ServiceError(ErrorCode.UNAUTHORIZED, _WRONG_KEY) from None
            raise
        return token

    def revoke(self, key: AccessKey, token: str) -> None:
        """End a token of this key at once; do nothing if it is unknown (RFC 7009, 2.2).

        Raises ACCESS_TOKEN_UNAUTHORIZED if it is another key's.
        """
        holder = self._store.holder(token, self.clock())
        if holder is not None and holder.number != key.number:
            detail = "The token was issued to another user access key."
            raise ServiceError(ErrorCode.ACCESS_TOKEN_UNAUTHORIZED, detail)
        if holder is not None:
            self._store.delete_token(key, token)

    def authenticate(self, app_key: str, token: str, dialect: str) -> Caller:
        """The app of this key, if the token has a right to it.

        Raises ACCESS_TOKEN_INVALID, ACCESS_TOKEN_UNAUTHORIZED; UNAUTHORIZED if the dialect is switched off.
        """
        now = self.clock()
        holder, caller = self._store.bearer(token, app_key, now) or (
            self._store.holder(token, now),
            self._apps.callers({KeyKind.APP_KEY: app_key}, now)[0],
        )
        if holder is None:
            raise ServiceError(ErrorCode.ACCESS_TOKEN_INVALID, _NO_TOKEN)
        if caller is None or not holder.covers(caller.app):
            raise ServiceError(ErrorCode.ACCESS_TOKEN_UNAUTHORIZED, _NO_RIGHT)
        require_spoken(caller.app, dialect)
        return Caller(caller.app, caller.key_id, holder.name)

    def sweep(self) -> int:
        """Delete expired tokens; return their number."""
        return self._store.delete_expired_tokens(self.clock())
