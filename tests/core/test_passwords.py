"""Which passwords may be chosen, and how they are kept."""

from __future__ import annotations

from unicodedata import normalize

import pytest
from argon2 import PasswordHasher

from visavis.core import passwords
from visavis.errors import AccountError, AccountErrorCode


def verdict(password: str, name: str = "Ines") -> AccountErrorCode | None:
    try:
        passwords.check(password, name)
    except AccountError as error:
        return error.code
    return None


@pytest.mark.parametrize(
    "password",
    [
        "four quiet words of mine",
        "correct horse and 15 more",
        "조용한 낱말 넷을 나란히 놓았다",
        "visavis password and more words",
    ],
)
def test_any_long_password_that_is_not_guessed_first_may_be_chosen(password: str) -> None:
    assert verdict(password) is None


def test_a_password_has_15_to_200_characters() -> None:
    words = "four quiet words of mine, and then some others that nobody would think of. " * 3
    assert verdict(words[:15]) is None
    assert verdict(words[:14]) is AccountErrorCode.PASSWORD_TOO_SHORT
    assert verdict(words[:200]) is None
    assert verdict(words[:201]) is AccountErrorCode.PASSWORD_TOO_LONG


def test_letters_count_as_they_are_kept_not_as_they_are_typed() -> None:
    assert verdict("\u1112\u1161\u11ab" * 14) is AccountErrorCode.PASSWORD_TOO_SHORT
    fifteen = "조용한낱말넷을나란히놓았다네요"
    assert verdict(normalize("NFD", fifteen)) is None
    assert verdict(normalize("NFD", fifteen[:14])) is AccountErrorCode.PASSWORD_TOO_SHORT


def test_a_hash_fits_its_password_alone_and_says_nothing() -> None:
    kept = passwords.hashed("four quiet words of mine")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.matches(kept, "four quiet words of mine")
    assert not passwords.matches(kept, "four quiet words of Mine")
    assert not passwords.matches(kept, "")
    assert not passwords.is_dated(kept)
    assert passwords.hashed("four quiet words of mine") != kept


def test_a_password_fits_however_a_keyboard_spells_its_letters(quick_passwords: None) -> None:
    kept = passwords.hashed("한글 비밀번호 하나 둘 셋 넷")
    assert passwords.matches(kept, "\u1112\u1161\u11ab" + "글 비밀번호 하나 둘 셋 넷")
    kept = passwords.hashed("\u1112\u1161\u11ab" + "글")
    assert passwords.matches(kept, "한글")


def test_what_is_too_long_to_be_a_password_is_none(quick_passwords: None) -> None:
    assert passwords.matches(passwords.hashed("a" * 200), "a" * 200)
    assert passwords.matches(passwords.hashed("a" * 201), "a" * 201) is False


@pytest.mark.parametrize("kept", ["", "$argon2id$", "plain text"])
def test_a_hash_that_is_none_fits_nothing(kept: str) -> None:
    assert passwords.matches(kept, "plain text") is False


def test_a_hash_of_other_parameters_is_dated() -> None:
    assert passwords.is_dated(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("x"))
