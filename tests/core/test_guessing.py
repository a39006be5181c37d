"""Passwords are held against common ones; what is long is not therefore hard to guess."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from visavis.core import passwords
from visavis.core.guessing import estimate
from visavis.errors import AccountError

COMMON = FREQUENCY_LISTS["passwords"]


def test_tens_of_thousands_of_common_passwords_are_known() -> None:
    assert len(COMMON) >= 30_000
    assert all(estimate(word).is_common for word in COMMON[:: len(COMMON) // 300])
    assert all(estimate(word.upper()).is_common for word in COMMON[:100])


def refusal(password: str, name: str = "ines") -> str:
    with pytest.raises(AccountError) as refused:
        passwords.check(password, name)
    return refused.value.code


def test_every_common_password_that_is_long_enough_is_refused() -> None:
    long_ones = [word for word in COMMON if len(word) >= passwords.MIN_LENGTH]
    assert len(long_ones) > 20
    assert {refusal(word) for word in long_ones} == {"password_common"}


@pytest.mark.parametrize("word", ["password", "iloveyou", "qwerty", "dragon", "letmein"])
@pytest.mark.parametrize("make", [lambda w: w * 3, lambda w: f"{w}1234567890123", lambda w: w.title() + "!" * 9])
def test_a_common_password_made_longer_is_refused(word: str, make: object) -> None:
    assert callable(make)
    assert refusal(make(word).ljust(15, "1")) in {"password_common", "password_too_plain"}


def test_the_name_of_the_owner_and_of_the_product_count_for_nothing() -> None:
    assert refusal("jiwoongkimvisavis", "jiwoongkim") == "password_too_plain"
    passwords.check("jiwoongkimvisavis and more words", "somebody else")


@pytest.mark.parametrize(
    "password",
    ["four quiet words of mine", "네 개의 조용한 낱말입니다 그래요", "n7Qz!r2Lk9@wT4e", "x" * 3 + "Bq8 7d!p" * 2],
)
def test_a_password_that_takes_many_guesses_is_taken(password: str) -> None:
    passwords.check(password, "ines")


def test_the_longest_passwords_are_looked_at_too() -> None:
    assert refusal("ab" * 100) == "password_too_plain"
    passwords.check("every word here is another one and none is common " * 4, "ines")


def test_names_of_people_who_choose_at_once_do_not_mix() -> None:
    names = [f"personnumber{number}" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda name: estimate(f"{name}{name}", [name]).guesses, names))
    assert max(found) < 10
