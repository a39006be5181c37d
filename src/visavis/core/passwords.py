"""Passwords: which may be chosen, and how they are stored (NIST SP 800-63B-4, section 3.1.1; RFC 9106)."""

from __future__ import annotations

import unicodedata
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from visavis.core.guessing import estimate
from visavis.errors import AccountError, AccountErrorCode

MIN_LENGTH = 15
"""Minimum length of a password that is the only factor; no rule says which characters (SP 800-63B-4, 3.1.1.2)."""
MAX_LENGTH = 200
_FEWEST_GUESSES = 10
"""Powers of ten. Nobody may try that many at a sign-in page (`core.sessions`)."""

_hasher = PasswordHasher()  # argon2id, 64 MiB: RFC 9106's second choice
_slots = BoundedSemaphore(2)
"""Each hash takes 64 MiB of memory: many guesses at the same time must not take as many times that."""


def check(password: str, name: str) -> None:
    """Check a new password of user `name`.

    Raises PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, PASSWORD_COMMON, PASSWORD_TOO_PLAIN.
    """
    text = _normalised(password)
    if len(text) < MIN_LENGTH:
        raise AccountError(AccountErrorCode.PASSWORD_TOO_SHORT)
    if len(text) > MAX_LENGTH:
        raise AccountError(AccountErrorCode.PASSWORD_TOO_LONG)
    found = estimate(text, ("visavis", name))
    if found.guesses < _FEWEST_GUESSES:
        common, plain = AccountErrorCode.PASSWORD_COMMON, AccountErrorCode.PASSWORD_TOO_PLAIN
        raise AccountError(common if found.is_common else plain)


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
