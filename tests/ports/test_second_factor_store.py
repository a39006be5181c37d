"""Second factors: one a user, whose codes are taken once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from tests.ports.conftest import operations
from tests.ports.stores import Stores
from visavis.errors import AccountError, AccountErrorCode
from visavis.identities import Role, User

NOW = datetime.now(UTC)
SECRET, OTHER = "A" * 32, "B" * 32
CODES = ["code1", "code2"]
MOST = 3


@pytest.fixture
def user(storage: Stores) -> User:
    return add(storage, "Ines")


@pytest.fixture
def enrolled(storage: Stores, user: User) -> User:
    storage.second_factors.enrol(user, SECRET, 100, CODES, NOW)
    return user


def add(storage: Stores, name: str) -> User:
    storage.accounts.add_invitation(name.encode(), Role.ADMINISTRATOR, None, NOW + timedelta(days=1))
    return storage.accounts.accept(name.encode(), NOW, name, "hash")


def test_whoever_has_not_enrolled_has_nothing(storage: Stores, user: User) -> None:
    store = storage.second_factors
    assert (store.enrolled(), store.secret_of(user), store.codes_left(user)) == (set(), None, 0)
    assert (store.use_step(user, 5), store.use_code(user, "code1"), store.remove(user)) == (False, False, False)
    store.count_wrong_code(user, 1)
    assert store.wrong_codes(user) == 0


def test_a_device_is_there_with_its_secret_and_its_codes(storage: Stores, enrolled: User) -> None:
    other = add(storage, "Omar")
    store = storage.second_factors
    assert store.enrolled() == {enrolled.id}
    assert (store.secret_of(enrolled), store.codes_left(enrolled)) == (SECRET, 2)
    assert (store.secret_of(other), store.codes_left(other)) == (None, 0)
    assert not store.use_code(other, "code1")


def test_a_step_is_taken_once_and_none_before_it(storage: Stores, enrolled: User) -> None:
    take = storage.second_factors.use_step
    assert [take(enrolled, step) for step in (99, 100, 102, 102, 101, 103)] == [
        False,
        False,
        True,
        False,
        False,
        True,
    ]


def test_a_recovery_code_is_taken_once(storage: Stores, enrolled: User) -> None:
    store = storage.second_factors
    assert [store.use_code(enrolled, code) for code in ("code1", "code1", "code3", "")] == [
        True,
        False,
        False,
        False,
    ]
    assert store.codes_left(enrolled) == 1


def test_new_codes_and_a_new_device_take_the_place_of_the_old(storage: Stores, enrolled: User) -> None:
    store = storage.second_factors
    store.renew_codes(enrolled, ["code8", "code9"])
    assert not store.use_code(enrolled, "code1")
    store.count_wrong_code(enrolled, MOST)
    store.enrol(enrolled, OTHER, 50, ["code5"], NOW)
    assert (store.secret_of(enrolled), store.codes_left(enrolled), store.wrong_codes(enrolled)) == (OTHER, 1, 0)
    assert not store.use_code(enrolled, "code8")
    assert store.use_step(enrolled, 51)


def test_wrong_codes_are_counted_until_a_right_one_comes(storage: Stores, enrolled: User) -> None:
    store = storage.second_factors
    for right in (partial(store.use_step, enrolled, 101), partial(store.use_code, enrolled, "code1")):
        for count in (1, 2):
            store.count_wrong_code(enrolled, MOST)
            assert store.wrong_codes(enrolled) == count
        assert right()
        assert store.wrong_codes(enrolled) == 0
    assert not store.use_step(enrolled, 101)
    store.count_wrong_code(enrolled, MOST)
    assert store.wrong_codes(enrolled) == 1


def test_the_last_wrong_code_is_on_record_once(storage: Stores, enrolled: User) -> None:
    for _ in range(MOST + 2):
        storage.second_factors.count_wrong_code(enrolled, MOST)
    assert operations(storage).count("lock_second_factor") == 1


def test_a_second_factor_is_taken_away_once_and_goes_with_its_user(storage: Stores, enrolled: User) -> None:
    store = storage.second_factors
    assert (store.remove(enrolled), store.remove(enrolled)) == (True, False)
    assert (store.secret_of(enrolled), store.use_code(enrolled, "code1")) == (None, False)
    store.enrol(enrolled, SECRET, 100, CODES, NOW)
    add(storage, "Omar")
    storage.accounts.delete_user(enrolled)
    assert (store.enrolled(), store.secret_of(enrolled)) == (set(), None)
    with pytest.raises(AccountError) as caught:
        store.enrol(enrolled, SECRET, 100, CODES, NOW)
    assert caught.value.code is AccountErrorCode.USER_NOT_FOUND


def test_every_change_is_in_the_audit_log_with_the_users_name(storage: Stores, enrolled: User) -> None:
    store = storage.second_factors
    store.renew_codes(enrolled, CODES)
    store.use_code(enrolled, "code1")
    store.use_step(enrolled, 101)
    store.remove(enrolled)
    assert [name for name in operations(storage) if "factor" in name or "code" in name] == [
        "enrol_second_factor",
        "renew_recovery_codes",
        "use_recovery_code",
        "remove_second_factor",
    ]
