"""Signing in to the console and out of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from visavis.core import passwords
from visavis.core.accounts import as_kept, digest
from visavis.core.attempts import Attempts
from visavis.core.ports import AccountStore, Clock
from visavis.core.second_factor import SecondFactors
from visavis.core.sign_in_tokens import SignInTokens
from visavis.errors import AccountError, AccountErrorCode, ErrorCode, ServiceError
from visavis.identities import Session, SessionRecord, User

_WRONG_PASSWORDS = 10
_WINDOW_S = 900.0
"""Passwords are easier to guess than keys, so an address gets fewer attempts."""

_SEEN_INTERVAL = timedelta(minutes=1)
"""The time of last use is written at most this often, not at every click."""

_LONGEST_BROWSER = 200
"""Characters that are kept of what a browser calls itself."""


class CodeNeeded(Exception):  # noqa: N818 - the first half of signing in
    """The password is right, and the account has a second factor: `SignInTokens` says what the token is for."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self.token = token


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from."""

    address: str
    browser: str = ""
    """What the browser calls itself (User-Agent)."""


@dataclass(frozen=True, slots=True)
class Sessions:
    """Lets people in who know their password, and a code if they have a second factor; remembers browsers."""

    _store: AccountStore
    clock: Clock
    second_factors: SecondFactors
    sign_in_tokens: SignInTokens
    idle: timedelta
    """A session ends when it was not used for this long."""
    lifetime: timedelta
    """A session ends at this age."""
    proof_lasts: timedelta
    """For so long after somebody has proven to be the user, nothing asks again."""
    attempts: Attempts = field(default_factory=lambda: Attempts(_WRONG_PASSWORDS, window_s=_WINDOW_S))
    """What makes whoever guesses passwords and codes wait."""
    _decoy: str = field(default_factory=lambda: passwords.hashed(secrets.token_hex()), repr=False)

    def sign_in(self, name: str, password: str, client: Client) -> str:
        """The secret of a new session.

        Raises CodeNeeded where there is a second factor; WRONG_PASSWORD, TOO_MANY_ATTEMPTS.
        """
        user = self._proven(name, password, client.address)
        if self.second_factors.has(user):
            raise CodeNeeded(self.sign_in_tokens.issue(user, self._hash_of(user)))
        return self.open(user, client)

    def finish(self, token: str, code: str, client: Client) -> tuple[str, User]:
        """The secret of a new session of whoever got this token, and who that is.

        Raises SIGN_IN_EXPIRED, WRONG_CODE, CODES_LOCKED, TOO_MANY_ATTEMPTS.
        """
        user = self.sign_in_tokens.holder(token, self._store)
        self._require_code(user, code, client.address)
        return self.open(user, client), user

    def open(self, user: User, client: Client) -> str:
        """The secret of a new session of somebody who has just proven to be this user."""
        now = self.clock()
        self._store.delete_ended_sessions(now - self.lifetime, now - self.idle)
        secret = secrets.token_urlsafe(32)
        browser = "".join(filter(str.isprintable, client.browser))[:_LONGEST_BROWSER]
        self._store.add_session(digest(secret), user, now, client.address, browser)
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

    def is_proven(self, session: Session) -> bool:
        """Whether its user has proven to be the one a short time ago."""
        return session.proven_at is not None and self.clock() < session.proven_at + self.proof_lasts

    def prove(self, secret: str, user: User, password: str, code: str, client: Client) -> None:
        """Note that whoever has this session is the user: by the password, and a code if there is a second factor.

        Raises WRONG_PASSWORD, WRONG_CODE, CODES_LOCKED, TOO_MANY_ATTEMPTS.
        """
        self._proven(user.name, password, client.address)
        if self.second_factors.has(user):
            self._require_code(user, code, client.address)
        self._store.prove_session(digest(secret), self.clock())

    def close(self, secret: str) -> None:
        """End the session."""
        self._store.delete_session(digest(secret))

    def close_all(self, user: User) -> None:
        """End every session of the user, in all browsers."""
        self._store.end_sessions(user)

    def end(self, user: User, session_id: str) -> bool:
        """End the user's session of this id; whether there was one."""
        return self._store.end_session(user, session_id)

    def all_of(self, user: User, secret: str) -> list[SessionRecord]:
        """Sessions of the user that have not ended, the one seen last first; `secret` is of the one that asks."""
        now = self.clock()
        return [
            each
            for each in self._store.list_sessions(user, digest(secret))
            if now < min(each.created_at + self.lifetime, each.seen_at + self.idle)
        ]

    def end_others(self, user: User, secret: str) -> None:
        """End all sessions of the user but the one of this secret."""
        self._store.end_other_sessions(user, digest(secret))

    def change_password(self, user: User, old: str, new: str, client: Client) -> str:
        """End all sessions of the user and open a new one; its secret.

        Raises WRONG_PASSWORD, TOO_MANY_ATTEMPTS, and what `passwords.check` does.
        """
        self._proven(user.name, old, client.address)
        passwords.check(new, user.name)
        self._store.set_password(user, passwords.hashed(new))
        return self.open(user, client)

    def _require_code(self, user: User, code: str, address: str) -> None:
        """Raises WRONG_CODE, CODES_LOCKED, TOO_MANY_ATTEMPTS."""

        def check() -> None:
            if not self.second_factors.take(user, code):
                raise ServiceError(ErrorCode.UNAUTHORIZED, "The code is wrong, or was used before.")

        account = f"code of {user.id}"
        self._verify(address, {"code of": account, "code": code}, check, account, AccountErrorCode.WRONG_CODE)

    def _proven(self, name: str, password: str, address: str) -> User:
        """The user of this name and password. Raises WRONG_PASSWORD, TOO_MANY_ATTEMPTS."""
        name = as_kept(name)
        account = name.casefold()
        keys = {"name": account, "password": password}
        wrong = AccountErrorCode.WRONG_PASSWORD
        found: list[User] = []
        self._verify(address, keys, lambda: found.append(self._require(name, password)), account, wrong)
        return found[0]

    def _verify(
        self,
        address: str,
        keys: dict[str, str],
        check: Callable[[], None],
        account: str,
        wrong: AccountErrorCode,
    ) -> None:
        try:
            self.attempts.verify(address, keys, check, account)
        except ServiceError as error:
            if error.code is ErrorCode.RATE_LIMITED:
                raise AccountError(AccountErrorCode.TOO_MANY_ATTEMPTS, error.retry_after or 1) from None
            if error.code is ErrorCode.UNAUTHORIZED:
                raise AccountError(wrong) from None
            raise

    def _require(self, name: str, password: str) -> User:
        """Raises UNAUTHORIZED, after as long where there is no such user."""
        user, password_hash = self._store.find_user(name) or (None, self._decoy)
        if not passwords.matches(password_hash, password) or user is None:
            raise ServiceError(ErrorCode.UNAUTHORIZED, "The name or the password is wrong.")
        if passwords.is_dated(password_hash):
            self._store.keep_hash(user, passwords.hashed(password))
        return user

    def _hash_of(self, user: User) -> str:
        found = self._store.find_user(user.name)
        return "" if found is None else found[1]
