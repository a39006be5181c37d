"""A second factor: codes of a device and recovery codes, each good once, on whichever node it is shown."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest

from harness.storage.sessions import HERE, sessions_of
from tests.storage.conftest import OpenStorage, only_sqlite
from visavis.audit_events import AuditFilter
from visavis.core.accounts import Accounts
from visavis.core.second_factor import MOST_WRONG, SecondFactors, new_secret
from visavis.core.sessions import CodeNeeded, Sessions
from visavis.errors import AccountError, ServiceError
from visavis.identities import User
from visavis.storage.store import Storage

NOW = datetime(2026, 11, 28, 12, 0, 10, tzinfo=UTC)
STEP = timedelta(seconds=30)
PASSWORD = "four quiet words of mine"


class Hands:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def user(storage: Storage) -> User:
    accounts = Accounts(storage.accounts, lambda: datetime.now(UTC))
    return accounts.accept(accounts.invite(), "Ines", PASSWORD)


@pytest.fixture
def factors(storage: Storage, clock: Hands) -> SecondFactors:
    return SecondFactors(storage.second_factors, clock)


def code(secret: str, moment: datetime) -> str:
    return pyotp.TOTP(secret).at(moment)


@pytest.fixture
def secret(factors: SecondFactors, user: User, clock: Hands) -> str:
    """Of the device that the user has enrolled, some steps ago."""
    secret = new_secret()
    factors.confirm(user, secret, code(secret, clock.now))
    clock.now += 5 * STEP
    return secret


def test_of_many_who_show_a_code_at_once_one_gets_in(
    storage: Storage, open_again: OpenStorage, user: User, secret: str, clock: Hands
) -> None:
    nodes = [SecondFactors(each.second_factors, clock) for each in (storage, open_again())]
    recovery = nodes[0].renew_codes(user)[0]
    for shown in (code(secret, clock.now), recovery):
        with ThreadPoolExecutor(6) as pool:
            taken = list(pool.map(lambda number, shown=shown: nodes[number % 2].take(user, shown), range(6)))
        assert taken.count(True) == 1


def test_a_second_factor_goes_with_its_user_and_when_it_is_taken_away(
    storage: Storage, factors: SecondFactors, user: User, secret: str, clock: Hands
) -> None:
    assert factors.remove(user)
    assert not factors.remove(user)
    assert not factors.take(user, code(secret, clock.now))
    factors.confirm(user, secret, code(secret, clock.now))
    accounts = Accounts(storage.accounts, lambda: datetime.now(UTC))
    accounts.accept(accounts.invite(), "Omar", PASSWORD)
    storage.accounts.delete_user(user)
    assert storage.second_factors.enrolled() == set()


@only_sqlite
def test_neither_secret_nor_codes_can_be_read_from_the_database(
    storage: Storage, factors: SecondFactors, user: User, secret: str, data_dir: Path
) -> None:
    codes = factors.renew_codes(user)
    raw = b"\0".join(path.read_bytes() for path in data_dir.iterdir())
    assert secret.encode() not in raw
    assert not any(each.encode() in raw or each.replace("-", "").encode() in raw for each in codes)


@only_sqlite
def test_a_second_factor_that_was_moved_to_another_user_does_not_open(
    storage: Storage, factors: SecondFactors, user: User, secret: str, data_dir: Path
) -> None:
    accounts = Accounts(storage.accounts, lambda: datetime.now(UTC))
    other = accounts.accept(accounts.invite(), "Omar", PASSWORD)
    with closing(sqlite3.connect(data_dir / "visavis.db")) as connection:
        connection.execute("UPDATE second_factors SET user_id = ?", (other.id,))
        connection.commit()
    with pytest.raises(ServiceError, match="The record of the second factor of user number 2 was altered"):
        factors.take(other, "123456")


@pytest.fixture
def sessions(storage: Storage, clock: Hands) -> Sessions:
    return sessions_of(storage, clock)


def token_of(sessions: Sessions) -> str:
    with pytest.raises(CodeNeeded) as needed:
        sessions.sign_in("ines", PASSWORD, HERE)
    return needed.value.token


def test_signing_in_takes_password_and_code(sessions: Sessions, user: User, secret: str, clock: Hands) -> None:
    token = token_of(sessions)
    with pytest.raises(AccountError, match="wrong_code"):
        sessions.finish(token, "000000", HERE)
    session, who = sessions.finish(token, code(secret, clock.now), HERE)
    assert who == user
    found = sessions.find(session)
    assert found is not None
    assert found.has_second_factor
    assert sessions.is_proven(found)


def test_a_ticket_ends_after_minutes_and_with_the_password(
    storage: Storage, sessions: Sessions, user: User, secret: str, clock: Hands
) -> None:
    token = token_of(sessions)
    storage.accounts.set_password(user, "another hash")
    with pytest.raises(AccountError, match="sign_in_expired"):
        sessions.finish(token, code(secret, clock.now), HERE)
    storage.accounts.set_password(user, "yet another")
    token = sessions.sign_in_tokens.issue(user, "yet another")
    clock.now += timedelta(minutes=5)
    with pytest.raises(AccountError, match="sign_in_expired"):
        sessions.finish(token, code(secret, clock.now), HERE)


def test_after_a_hundred_wrong_codes_from_anywhere_only_a_recovery_code_is_taken(
    storage: Storage, open_again: OpenStorage, factors: SecondFactors, user: User, secret: str, clock: Hands
) -> None:
    nodes = [factors, SecondFactors(open_again().second_factors, clock)]
    recovery = factors.renew_codes(user)
    for number in range(MOST_WRONG - 1):
        assert not nodes[number % 2].take(user, "000000")
    assert factors.take(user, code(secret, clock.now))  # and the count begins anew
    clock.now += 2 * STEP
    for number in range(MOST_WRONG):
        assert not nodes[number % 2].take(user, "000000")
    for node in nodes:
        with pytest.raises(AccountError, match="codes_locked"):
            node.take(user, code(secret, clock.now))
    storage.audit.advance(wait=True)
    recorded = storage.audit.stream(AuditFilter(operation="lock_second_factor"))
    assert [record.event.detail for record in recorded] == [f"user {user.name}"]
    assert not factors.take(user, "no recovery code")
    assert factors.take(user, recovery[0])
    assert factors.take(user, code(secret, clock.now))


def test_who_guesses_codes_has_to_wait(sessions: Sessions, user: User, secret: str, clock: Hands) -> None:
    token = token_of(sessions)
    for number in range(10):
        with pytest.raises(AccountError, match="wrong_code"):
            sessions.finish(token, f"{number:06}", HERE)
    with pytest.raises(AccountError, match="too_many_attempts"):
        sessions.finish(token, code(secret, clock.now), HERE)
