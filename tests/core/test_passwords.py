"""Which passwords may be chosen, and how they are kept."""

from __future__ import annotations

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
        "abcde" * 6,
        "correct horse 15",
        "조용한 낱말 넷을 나란히 놓았다",
        "visavis password and more",
    ],
)
def test_any_long_password_that_is_not_guessed_first_may_be_chosen(password: str) -> None:
    assert verdict(password) is None


def test_a_password_has_15_to_200_characters() -> None:
    assert verdict("a?c!e" * 3) is None
    assert verdict(("a?c!e" * 3)[:-1]) is AccountErrorCode.PASSWORD_TOO_SHORT
    assert verdict("a?c!e" * 40) is None
    assert verdict("a?c!e" * 40 + "x") is AccountErrorCode.PASSWORD_TOO_LONG


def test_letters_count_as_they_are_kept_not_as_they_are_typed() -> None:
    assert verdict("\u1112\u1161\u11ab" * 14) is AccountErrorCode.PASSWORD_TOO_SHORT
    assert (
        verdict("\u1100\u1161\u11a8\u1102\u1161\u11a8\u1103\u1161\u11a8\u1105\u1161\u11a8\u1106\u1161\u11a8" * 3)
        is None
    )


@pytest.mark.parametrize(
    "password",
    [
        "a" * 20,
        "abcdabcdabcdabcd",
        "AaBbCcDdAaBbCcDd",
        "123456789012345678",
        "abcdefghijklmnop",
        "aabbccddeeffgghh",
        "passwordpasswordpassword",
        "visavisvisavisvisavis",
        "PasswordVisavisPassword",
        "ines ines ines ines",
        "INESinesINESines1",
    ],
)
def test_what_is_guessed_first_is_too_plain(password: str) -> None:
    assert verdict(password) is AccountErrorCode.PASSWORD_TOO_PLAIN


def test_a_name_makes_only_its_own_owners_password_plain() -> None:
    assert verdict("omar tent omar tent", "Omar Tent") is AccountErrorCode.PASSWORD_TOO_PLAIN
    assert verdict("omar tent omar tent", "Ines") is None
    assert verdict("passwordvisavisomar", "Omar") is AccountErrorCode.PASSWORD_TOO_PLAIN


@pytest.mark.parametrize(
    ("password", "plain"),
    [("abcde" * 5, True), ("aabcde" * 5, True), ("abcde" * 6, False), ("abcdefghijxmz!?1", False)],
)
def test_counting_up_with_four_breaks_is_counting_up_and_with_five_is_not(password: str, plain: bool) -> None:
    assert (verdict(password) is AccountErrorCode.PASSWORD_TOO_PLAIN) is plain


def test_counting_down_or_by_twos_is_not_counting_up() -> None:
    assert verdict("ponmlkjihgfedcba") is None
    assert verdict("acegikmoqsuwybdf") is None


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
