"""Users of the console, their sessions and invitations."""

from __future__ import annotations

import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Literal

import pytest

from harness.storage.sessions import HERE, sessions_of
from tests.storage.conftest import OpenStorage, only_sqlite
from visavis.core.accounts import Accounts, digest
from visavis.core.ports import AccountStore
from visavis.errors import AccountError, AccountErrorCode
from visavis.identities import Role, User
from visavis.storage.accounts import StoredAccounts
from visavis.storage.store import Storage

NOW = datetime.now(UTC)
SOON = NOW + timedelta(days=1)


def add(store: StoredAccounts, name: str, role: Role = Role.ADMINISTRATOR) -> User:
    secret = name.encode()
    store.add_invitation(secret, role, None, SOON)
    return store.accept(secret, NOW, name, "hash")


def sentence_of(error: pytest.ExceptionInfo[AccountError]) -> AccountErrorCode:
    return error.value.code


def test_the_store_is_what_core_asks_for(storage: Storage) -> None:
    store: AccountStore = storage.accounts  # the type checker is the judge
    assert store


def test_an_invitation_opens_one_account_and_every_process_knows_it(
    storage: Storage, open_again: OpenStorage
) -> None:
    user = add(storage.accounts, "Ines", Role.MEMBER)
    other = open_again().accounts
    assert other.find_user("INES") == (user, "hash")
    assert other.list_users() == [user]
    assert other.find_invitation(b"Ines", NOW) is None
    with pytest.raises(AccountError) as refused:
        other.accept(b"Ines", NOW, "Omar", "hash")
    assert sentence_of(refused) is AccountErrorCode.INVITATION_INVALID


def test_of_many_who_use_an_invitation_at_once_one_does(storage: Storage, open_again: OpenStorage) -> None:
    stores, start = [storage.accounts, open_again().accounts], Barrier(6)
    stores[0].add_invitation(b"secret", Role.MEMBER, None, SOON)

    def accept(number: int) -> bool:
        start.wait()
        try:
            stores[number % 2].accept(b"secret", NOW, f"user {number}", "hash")
        except AccountError:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(accept, range(6))) == [False] * 5 + [True]
    assert len(stores[0].list_users()) == 1


def test_of_administrators_that_are_taken_away_at_once_one_stays(
    storage: Storage, open_again: OpenStorage
) -> None:
    stores = [storage.accounts, open_again().accounts]
    users, start = [add(stores[0], f"user {number}") for number in range(4)], Barrier(4)

    def take_away(number: int) -> bool:
        start.wait()
        try:
            if number % 2:
                stores[0].delete_user(users[number])
            else:
                stores[1].set_role(users[number], Role.MEMBER)
        except AccountError as error:
            return error.code is not AccountErrorCode.LAST_ADMINISTRATOR
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(take_away, range(4))) == [False, True, True, True]
    assert [user.role for user in stores[0].list_users()].count(Role.ADMINISTRATOR) == 1


def test_preferences_and_role_are_kept(storage: Storage, open_again: OpenStorage) -> None:
    add(storage.accounts, "Ines")
    user = add(storage.accounts, "Omar", Role.MEMBER)
    storage.accounts.set_preferences(user, "ko", "dark")
    storage.accounts.set_role(user, Role.ADMINISTRATOR)
    found = open_again().accounts.find_user("omar")
    assert found == (replace(user, language="ko", theme="dark", role=Role.ADMINISTRATOR), "hash")


def test_a_session_ends_when_it_is_idle_and_when_it_is_old(storage: Storage) -> None:
    moment = NOW
    sessions = sessions_of(storage, lambda: moment, idle=timedelta(minutes=30))
    secret = sessions.open(add(storage.accounts, "Ines"), HERE)
    for _ in range(4):
        moment += timedelta(minutes=29)
        assert sessions.find(secret) is not None
    moment += timedelta(minutes=5)
    assert sessions.find(secret) is None

    secret = sessions.open(add(storage.accounts, "Omar"), HERE)
    moment += timedelta(minutes=30)
    assert sessions.find(secret) is None
    assert sessions.find("no such secret") is None


@only_sqlite
def test_no_secret_is_in_any_file(storage: Storage, data_dir: Path) -> None:
    accounts = Accounts(storage.accounts, lambda: NOW)
    sessions = sessions_of(storage, lambda: NOW)
    password = "four quiet words of mine"
    invitation = accounts.invite()
    user = accounts.accept(accounts.invite(), "Ines", password)
    session = sessions.sign_in("ines", password, HERE)
    assert sessions.find(session) is not None
    assert storage.accounts.find_session(digest(session)) is not None
    assert accounts.require(user.id) == user
    for path in data_dir.iterdir():
        content = path.read_bytes()
        assert not any(secret.encode() in content for secret in (password, invitation, session))


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_who_is_let_in_does_not_depend_on_how_a_keyboard_spells_letters(
    storage: Storage, form: Literal["NFC", "NFD"]
) -> None:
    name, password = "김하늘", "조용한 낱말 넷을 나란히 " * 10
    accounts = Accounts(storage.accounts, lambda: NOW)
    sessions = sessions_of(storage, lambda: NOW)
    accounts.accept(accounts.invite(), unicodedata.normalize("NFD", name), password)
    assert sessions.sign_in(unicodedata.normalize(form, name), unicodedata.normalize(form, password), HERE)
