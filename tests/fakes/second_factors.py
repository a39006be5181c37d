"""Second factors in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import RLock

from tests.fakes.accounts import FakeAccountStore
from tests.fakes.journal import FakeJournal
from visavis.errors import AccountError, AccountErrorCode
from visavis.identities import User


@dataclass
class FakeSecondFactorStore:
    """Of the users that the accounts have."""

    journal: FakeJournal
    accounts: FakeAccountStore
    _secrets: dict[int, tuple[str, int]] = field(default_factory=dict)
    """Each with the step of the last code that was taken."""
    _codes: dict[int, set[str]] = field(default_factory=dict)
    _wrong: Counter[int] = field(default_factory=Counter)
    _lock: RLock = field(default_factory=RLock)

    def enrolled(self) -> set[int]:
        return {user.id for user in self.accounts.list_users()} & self._secrets.keys()

    def secret_of(self, user: User) -> str | None:
        return self._secrets[user.id][0] if user.id in self.enrolled() else None

    def enrol(self, user: User, secret: str, step: int, codes: Sequence[str], now: datetime) -> None:
        with self._lock:
            if user.id not in {each.id for each in self.accounts.list_users()}:
                raise AccountError(AccountErrorCode.USER_NOT_FOUND)
            self._secrets[user.id], self._codes[user.id] = (secret, step), set(codes)
            self._wrong[user.id] = 0
            self._note("enrol_second_factor", user)

    def renew_codes(self, user: User, codes: Sequence[str]) -> None:
        self._codes[user.id] = set(codes)
        self._note("renew_recovery_codes", user)

    def use_step(self, user: User, step: int) -> bool:
        with self._lock:
            secret, last = self._secrets.get(user.id, ("", step))
            if last < step:
                self._secrets[user.id] = (secret, step)
                self._wrong[user.id] = 0
            return last < step

    def use_code(self, user: User, code: str) -> bool:
        with self._lock:
            there = code in self._codes.get(user.id, set())
            if there:
                self._codes[user.id].remove(code)
                self._wrong[user.id] = 0
                self._note("use_recovery_code", user)
            return there

    def wrong_codes(self, user: User) -> int:
        return self._wrong[user.id] if user.id in self.enrolled() else 0

    def count_wrong_code(self, user: User, most: int) -> None:
        with self._lock:
            if user.id in self._secrets:
                self._wrong[user.id] += 1
                if self._wrong[user.id] == most:
                    self._note("lock_second_factor", user)

    def codes_left(self, user: User) -> int:
        return len(self._codes.get(user.id, set()))

    def remove(self, user: User) -> bool:
        with self._lock:
            self._codes.pop(user.id, None)
            there = self._secrets.pop(user.id, None) is not None
            if there:
                self._note("remove_second_factor", user)
            return there

    def _note(self, operation: str, user: User) -> None:
        self.journal.record(operation, app_id=None, detail=f"user {user.name}")
