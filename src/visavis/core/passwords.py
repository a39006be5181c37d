"""Passwords: which may be chosen, and how they are stored (NIST SP 800-63B-4, section 3.1.1; RFC 9106)."""

from __future__ import annotations

import unicodedata
from itertools import pairwise
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from visavis.errors import AccountError, AccountErrorCode

MIN_LENGTH = 15
"""Minimum length of a password that is the only factor; no rule says which characters (SP 800-63B-4, 3.1.1.2)."""
MAX_LENGTH = 200
_FEW = 5

_hasher = PasswordHasher()  # argon2id, 64 MiB: RFC 9106's second choice
_slots = BoundedSemaphore(2)
"""Each hash takes 64 MiB of memory: many guesses at the same time must not take as many times that."""


def check(password: str, name: str) -> None:
    """Check a new password of user `name`. Raises PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, PASSWORD_TOO_PLAIN."""
    text = _normalised(password)
    if len(text) < MIN_LENGTH:
        raise AccountError(AccountErrorCode.PASSWORD_TOO_SHORT)
    if len(text) > MAX_LENGTH:
        raise AccountError(AccountErrorCode.PASSWORD_TOO_LONG)
    plain = text.casefold()
    for known in ("visavis", "password", name.casefold()):
        plain = plain.replace(known, known[:1])
    if len(set(plain)) < _FEW or _counts_up(plain):
        raise AccountError(AccountErrorCode.PASSWORD_TOO_PLAIN)


def hashed(password: str) -> str:
    """The Argon2id hash that is stored of a password."""
    with _slots:
        return _hasher.hash(_normalised(password))


def matches(password_hash: str, password: str) -> bool:
    """Whether this is the password. A wrong password takes the same time."""
    text = _normalised(password)
    try:
        with _slots:
            return len(text) <= MAX_LENGTH and _hasher.verify(password_hash, text)
    except (VerificationError, InvalidHashError):
        return False


def is_dated(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


def _normalised(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def _counts_up(text: str) -> bool:
    """Whether nearly every character equals the previous one or follows it in Unicode order."""
    steps = [ord(after) - ord(before) for before, after in pairwise(text)]
    return sum(step in {0, 1} for step in steps) >= len(text) - _FEW
