"""Sign-in and sign-out of the console."""

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
"""Passwords are easier to guess than keys, so an address gets fewer attempts."""

_SEEN_INTERVAL = timedelta(minutes=1)
"""The time of last use is written at most this often, not at every click."""


@dataclass(frozen=True, slots=True)
class Sessions:
    """Opens a session for a user who knows the password, finds it again, and ends it."""

    _store: AccountStore
    clock: Clock
    idle: timedelta
    """A session ends when it was not used for this long."""
    lifetime: timedelta
    """A session ends at this age."""
    attempts: Attempts = field(default_factory=lambda: Attempts(_WRONG_PASSWORDS, window_s=_WINDOW_S))
    """Slows down guessing of passwords."""
    _decoy: str = field(default_factory=lambda: passwords.hashed(secrets.token_hex()), repr=False)

    def sign_in(self, name: str, password: str, address: str) -> str:
        """Open a session and return its secret; `address` is the client's IP address.

        Raises WRONG_PASSWORD, TOO_MANY_ATTEMPTS.
        """
        return self.open(self._proven(name, password, address))

    def open(self, user: User) -> str:
        """Open a session and return its secret. The caller must have checked who the user is."""
        now = self.clock()
        self._store.delete_ended_sessions(now - self.lifetime, now - self.idle)
        secret = secrets.token_urlsafe(32)
        self._store.add_session(digest(secret), user, now)
        return secret

    def find(self, secret: str) -> Session | None:
        """The session of this secret, unless it has ended."""
        session = self._store.find_session(digest(secret))
        now = self.clock()
        if session is None or now >= min(session.created_at + self.lifetime, session.seen_at + self.idle):
            return None
        if now - session.seen_at >= _SEEN_INTERVAL:
            self._store.touch_session(digest(secret), now)
        return session

    def close(self, secret: str) -> None:
        """End the session."""
        self._store.delete_session(digest(secret))

    def close_all(self, user: User) -> None:
        """End every session of the user, in all browsers."""
        self._store.end_sessions(user)

    def change_password(self, user: User, old: str, new: str, address: str) -> str:
        """Set a new password, end all sessions of the user, open a new one and return its secret.

        Raises WRONG_PASSWORD, TOO_MANY_ATTEMPTS, and the errors of `passwords.check`.
        """
        self._proven(user.name, old, address)
        passwords.check(new, user.name)
        self._store.set_password(user, passwords.hashed(new))
        return self.open(user)

    def _proven(self, name: str, password: str, address: str) -> User:
        """The user of this name and password. Raises WRONG_PASSWORD, TOO_MANY_ATTEMPTS."""
        name = as_kept(name)
        account = name.casefold()
        keys = {"name": account, "password": password}
        try:
            return self.attempts.verify(address, keys, lambda: self._require(name, password), account)
        except ServiceError as error:
            if error.code is ErrorCode.RATE_LIMITED:
                raise AccountError(AccountErrorCode.TOO_MANY_ATTEMPTS, error.retry_after or 1) from None
            if error.code is ErrorCode.UNAUTHORIZED:
                raise AccountError(AccountErrorCode.WRONG_PASSWORD) from None
            raise

    def _require(self, name: str, password: str) -> User:
        """Check name and password. Raises UNAUTHORIZED, after the same time if there is no such user."""
        user, password_hash = self._store.find_user(name) or (None, self._decoy)
        if not passwords.matches(password_hash, password) or user is None:
            raise ServiceError(ErrorCode.UNAUTHORIZED, "The name or the password is wrong.")
        if passwords.is_dated(password_hash):
            self._store.keep_hash(user, passwords.hashed(password))
        return user
