"""Signing in to the console and out of it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta

from visavis.core import passwords
from visavis.core.accounts import as_kept, digest
from visavis.core.attempts import Attempts
from visavis.core.ports import AccountStore, Clock
from visavis.errors import AccountError, AccountErrorCode, ErrorCode, ServiceError
from visavis.identities import Session, User

_WRONG_PASSWORDS = 10
_WINDOW_S = 900.0
"""People's passwords are easier to guess than keys: an address gets fewer attempts at them."""

_NOTED_EVERY = timedelta(minutes=1)
"""How exactly it is kept when a session was last seen: a write for every click would be too many."""


@dataclass(frozen=True, slots=True)
class Sessions:
    """Lets people in who know their password, and remembers their browsers for a while."""

    store: AccountStore
    clock: Clock
    idle: timedelta
    """A session that is not used for so long has ended."""
    lifetime: timedelta
    """Every session has ended after so long."""
    attempts: Attempts = field(default_factory=lambda: Attempts(_WRONG_PASSWORDS, window_s=_WINDOW_S))
    """What makes whoever guesses passwords wait."""
    _decoy: str = field(default_factory=lambda: passwords.hashed(secrets.token_hex()), repr=False)

    def sign_in(self, name: str, password: str, place: str) -> str:
        """The secret of a new session; `place` is where the request comes from.

        Raises WRONG_PASSWORD, TOO_MANY_ATTEMPTS.
        """
        return self.open(self._proven(name, password, place))

    def open(self, user: User) -> str:
        """The secret of a new session of somebody who has just proven to be this user."""
        now = self.clock()
        self.store.forget_sessions(now - self.lifetime, now - self.idle)
        secret = secrets.token_urlsafe(32)
        self.store.add_session(digest(secret), user, now)
        return secret

    def find(self, secret: str) -> Session | None:
        """The session of this secret, unless it has ended."""
        session = self.store.find_session(digest(secret))
        now = self.clock()
        if session is None or now >= min(session.created_at + self.lifetime, session.seen_at + self.idle):
            return None
        if now - session.seen_at >= _NOTED_EVERY:
            self.store.touch_session(digest(secret), now)
        return session

    def close(self, secret: str) -> None:
        """End the session."""
        self.store.delete_session(digest(secret))

    def change_password(self, user: User, old: str, new: str, place: str) -> str:
        """End all sessions of the user and open a new one; its secret.

        Raises WRONG_PASSWORD, TOO_MANY_ATTEMPTS, and what `passwords.check` does.
        """
        self._proven(user.name, old, place)
        passwords.check(new, user.name)
        self.store.set_password(user, passwords.hashed(new))
        return self.open(user)

    def _proven(self, name: str, password: str, place: str) -> User:
        """The user of this name and password. Raises WRONG_PASSWORD, TOO_MANY_ATTEMPTS."""
        name = as_kept(name)
        account = name.casefold()
        keys = {"name": account, "password": password}
        try:
            return self.attempts.verify(place, keys, lambda: self._require(name, password), account)
        except ServiceError as error:
            if error.code is ErrorCode.RATE_LIMITED:
                raise AccountError(AccountErrorCode.TOO_MANY_ATTEMPTS, error.retry_after or 1) from None
            if error.code is ErrorCode.UNAUTHORIZED:
                raise AccountError(AccountErrorCode.WRONG_PASSWORD) from None
            raise

    def _require(self, name: str, password: str) -> User:
        """Raises UNAUTHORIZED, after as long where there is no such user."""
        user, password_hash = self.store.find_user(name) or (None, self._decoy)
        if not passwords.matches(password_hash, password) or user is None:
            raise ServiceError(ErrorCode.UNAUTHORIZED, "The name or the password is wrong.")
        if passwords.is_dated(password_hash):
            self.store.keep_hash(user, passwords.hashed(password))
        return user
