"""What a browser holds between password and code: proof that the password was right, for some minutes."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from datetime import timedelta

from visavis.core.ports import AccountStore, Clock
from visavis.errors import AccountError, AccountErrorCode
from visavis.identities import User

TOKEN_LIFE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class SignInTokens:
    """Bound to the user, to the password of that time, and to a moment. It lets nobody in by itself."""

    key: bytes = field(repr=False)
    """32 bytes, the same on every node."""
    clock: Clock

    def issue(self, user: User, password_hash: str) -> str:
        """Text without white space."""
        until = int((self.clock() + TOKEN_LIFE).timestamp())
        return f"{user.id}.{until}.{self._mac(user.id, until, password_hash)}"

    def holder(self, token: str, store: AccountStore) -> User:
        """Whom it was issued to. Raises SIGN_IN_EXPIRED, whatever is wrong with it."""
        expired = AccountError(AccountErrorCode.SIGN_IN_EXPIRED)
        numbers, _, mac = token.rpartition(".")
        user_id, _, until = numbers.partition(".")
        if not all(text.isascii() and text.isdecimal() and len(text) < 18 for text in (user_id, until)):
            raise expired
        user = next((user for user in store.list_users() if user.id == int(user_id)), None)
        found = None if user is None else store.find_user(user.name)
        if user is None or found is None or self.clock().timestamp() >= int(until):
            raise expired
        if not hmac.compare_digest(self._mac(user.id, int(until), found[1]).encode(), mac.encode()):
            raise expired
        return user

    def _mac(self, user_id: int, until: int, password_hash: str) -> str:
        return hmac.digest(self.key, f"{user_id}.{until}.{password_hash}".encode(), "sha256").hex()
