"""Passwords: which may be chosen, and how they are kept (NIST SP 800-63B-4, section 3.1.1; RFC 9106)."""

from __future__ import annotations

import unicodedata
from itertools import pairwise
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from visavis.errors import AccountError, AccountErrorCode

MIN_LENGTH = 15
"""Characters of a password that is all that is asked for; no rule says which (SP 800-63B-4, 3.1.1.2)."""
MAX_LENGTH = 200
_FEW = 5

_hasher = PasswordHasher()  # argon2id, 64 MiB: RFC 9106's second choice
_places = BoundedSemaphore(2)
"""Each computation takes 64 MiB: whoever sends many guesses at once must not get as many of them."""


def check(password: str, name: str) -> None:
    """Raises PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, PASSWORD_TOO_PLAIN."""
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
    """What is kept of a password."""
    with _places:
        return _hasher.hash(_normalised(password))


def matches(password_hash: str, password: str) -> bool:
    """Whether this is the password. Takes as long for a wrong one."""
    text = _normalised(password)
    try:
        with _places:
            return len(text) <= MAX_LENGTH and _hasher.verify(password_hash, text)
    except (VerificationError, InvalidHashError):
        return False


def is_dated(password_hash: str) -> bool:
    """Whether it was made with parameters that are no longer ours."""
    return _hasher.check_needs_rehash(password_hash)


def _normalised(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def _counts_up(text: str) -> bool:
    """Whether nearly every character is the one after the one before it, or the same."""
    steps = [ord(after) - ord(before) for before, after in pairwise(text)]
    return sum(step in {0, 1} for step in steps) >= len(text) - _FEW
