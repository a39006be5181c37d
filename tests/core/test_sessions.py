"""Signing in to the console, staying there for a while, and out again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from tests.core.world import World
from visavis.core import passwords
from visavis.core.accounts import Accounts
from visavis.core.attempts import Attempts
from visavis.core.second_factor import SecondFactors
from visavis.core.sessions import Client, Sessions
from visavis.core.sign_in_tokens import SignInTokens
from visavis.errors import AccountError, AccountErrorCode, ErrorCode, ServiceError
from visavis.identities import Session, User

PASSWORD, OTHER = "four quiet words of mine", "quite another set of words"

HERE = Client("192.0.2.1", "a browser")

pytestmark = pytest.mark.usefixtures("quick_passwords")


def sessions_of(world: World) -> Sessions:
    return Sessions(
        world.storage.accounts,
        world.clock,
        SecondFactors(world.storage.second_factors, world.clock),
        SignInTokens(bytes(32), world.clock),
        idle=timedelta(minutes=30),
        lifetime=timedelta(hours=2),
        proof_lasts=timedelta(minutes=10),
    )


@pytest.fixture
def sessions(world: World) -> Sessions:
    """They end after 30 minutes without use, and after two hours in any case."""
    return sessions_of(world)


@pytest.fixture
def user(world: World) -> User:
    accounts = Accounts(world.storage.accounts, world.clock)
    return accounts.accept(accounts.invite(), "Ines", PASSWORD)


@contextmanager
def refused(code: AccountErrorCode, wait_seconds: int = 0) -> Iterator[None]:
    with pytest.raises(AccountError) as caught:
        yield
    assert (caught.value.code, caught.value.wait_seconds) == (code, wait_seconds)


def test_whoever_knows_the_password_is_let_in(sessions: Sessions, user: User, world: World) -> None:
    secret = sessions.sign_in(" iNES ", PASSWORD, Client("192.0.2.1"))
    assert len(secret) >= 43
    assert sessions.find(secret) == Session(user, world.clock.now, world.clock.now, world.clock.now)
    assert sessions.sign_in("Ines", PASSWORD, Client("192.0.2.1")) != secret


@pytest.mark.parametrize(("name", "password"), [("Ines", OTHER), ("Ines", ""), ("Omar", PASSWORD), ("", "")])
def test_a_wrong_password_and_an_unknown_name_are_told_apart_by_nobody(
    sessions: Sessions, user: User, name: str, password: str
) -> None:
    with refused(AccountErrorCode.WRONG_PASSWORD):
        sessions.sign_in(name, password, Client("192.0.2.1"))


def test_an_unknown_name_takes_a_computation_as_a_known_one_does(
    sessions: Sessions, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []

    def matches(kept: str, password: str) -> bool:
        checked.append(kept)
        return False

    monkeypatch.setattr(passwords, "matches", matches)
    for name in ("Ines", "Omar"):
        with refused(AccountErrorCode.WRONG_PASSWORD):
            sessions.sign_in(name, PASSWORD, Client("192.0.2.1"))
    assert len(checked) == 2
    assert checked[1].startswith("$argon2id$")


def test_the_decoy_fits_no_password_that_anybody_could_guess(sessions: Sessions) -> None:
    assert sessions._decoy not in repr(sessions)
    for guess in ("", "None", "decoy"):
        assert not passwords.matches(sessions._decoy, guess)


def test_an_address_has_ten_attempts_in_a_quarter_of_an_hour(sessions: Sessions, user: User) -> None:
    for _ in range(10):
        with refused(AccountErrorCode.WRONG_PASSWORD):
            sessions.sign_in("Ines", OTHER, Client("192.0.2.1"))
    with refused(AccountErrorCode.TOO_MANY_ATTEMPTS, 90):
        sessions.sign_in("Ines", PASSWORD, Client("192.0.2.1"))
    assert sessions.sign_in("Ines", PASSWORD, Client("192.0.2.2"))


def test_a_name_that_is_guessed_at_from_everywhere_counts_as_attacked_in_any_case(world: World) -> None:
    attempts = Attempts(1, lambda: 0.0)
    sessions = replace(sessions_of(world), attempts=attempts)
    for number, name in enumerate(["ines", "INES", "Ines ", "ines", "ines"]):
        with refused(AccountErrorCode.WRONG_PASSWORD):
            sessions.sign_in(name, "guess", Client(f"192.0.2.{number}"))
    with refused(AccountErrorCode.TOO_MANY_ATTEMPTS, 600):
        sessions.sign_in("iNes", "another guess", Client("192.0.2.0"))


def test_what_goes_wrong_otherwise_is_no_wrong_password(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: str) -> None:
        raise ServiceError(ErrorCode.INTERNAL, "The database is gone.")

    monkeypatch.setattr(sessions._store, "find_user", fails)
    with pytest.raises(ServiceError) as caught:
        sessions.sign_in("Ines", PASSWORD, Client("192.0.2.1"))
    assert caught.value.code is ErrorCode.INTERNAL


def test_a_hash_of_old_parameters_is_made_anew_when_its_owner_signs_in(sessions: Sessions, user: User) -> None:
    dated = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1).hash(PASSWORD)
    sessions._store.keep_hash(user, dated)
    with refused(AccountErrorCode.WRONG_PASSWORD):
        sessions.sign_in("Ines", OTHER, Client("192.0.2.1"))
    assert sessions._store.find_user("Ines") == (user, dated)
    sessions.sign_in("Ines", PASSWORD, Client("192.0.2.1"))
    found = sessions._store.find_user("Ines")
    assert found is not None
    assert found[1] != dated
    assert passwords.matches(found[1], PASSWORD)
    sessions.sign_in("Ines", PASSWORD, Client("192.0.2.1"))
    assert sessions._store.find_user("Ines") == found


def test_a_session_that_is_not_used_has_ended_after_a_while(sessions: Sessions, user: User, world: World) -> None:
    secret = sessions.open(user, HERE)
    world.clock.pass_by(minutes=30, seconds=-1)
    assert sessions.find(secret) is not None
    world.clock.pass_by(minutes=30, seconds=-1)
    assert sessions.find(secret) is not None
    world.clock.pass_by(minutes=30)
    assert sessions.find(secret) is None


def test_every_session_has_ended_after_its_lifetime(sessions: Sessions, user: User, world: World) -> None:
    secret = sessions.open(user, HERE)
    for _ in range(119):
        world.clock.pass_by(minutes=1)
        assert sessions.find(secret) is not None
    world.clock.pass_by(minutes=1)
    assert sessions.find(secret) is None


def test_when_a_session_was_seen_is_noted_once_a_minute(sessions: Sessions, user: User, world: World) -> None:
    opened_at, secret = world.clock.now, sessions.open(user, HERE)
    world.clock.pass_by(59)
    for _ in range(2):
        assert sessions.find(secret) == Session(user, opened_at, opened_at, opened_at)
    world.clock.pass_by(1)
    assert sessions.find(secret) == Session(user, opened_at, opened_at, opened_at)
    assert sessions.find(secret) == Session(user, opened_at, world.clock.now, opened_at)


def test_a_session_is_over_when_it_is_closed(sessions: Sessions, user: User) -> None:
    one, two = sessions.open(user, HERE), sessions.open(user, HERE)
    sessions.close(one)
    assert sessions.find(one) is None
    assert sessions.find(two) is not None
    assert sessions.find("made up") is None


def test_sessions_that_have_ended_are_forgotten_when_another_begins(
    sessions: Sessions, user: User, world: World
) -> None:
    sessions.open(user, HERE)
    world.clock.pass_by(minutes=29)
    sessions.open(user, HERE)
    kept = sessions._store._sessions  # type: ignore[attr-defined]
    assert len(kept) == 2
    world.clock.pass_by(minutes=1)
    sessions.open(user, HERE)
    assert len(sessions._store._sessions) == 2  # type: ignore[attr-defined]
    world.clock.pass_by(hours=2)
    sessions.open(user, HERE)
    assert len(sessions._store._sessions) == 1  # type: ignore[attr-defined]


def test_a_new_password_ends_every_session_but_the_one_that_it_opens(sessions: Sessions, user: User) -> None:
    before = sessions.sign_in("Ines", PASSWORD, Client("192.0.2.1"))
    secret = sessions.change_password(user, PASSWORD, OTHER, Client("192.0.2.1"))
    assert sessions.find(before) is None
    found = sessions.find(secret)
    assert found is not None
    assert found.user == user
    with refused(AccountErrorCode.WRONG_PASSWORD):
        sessions.sign_in("Ines", PASSWORD, Client("192.0.2.1"))
    assert sessions.sign_in("Ines", OTHER, Client("192.0.2.1"))


def test_a_password_is_changed_by_who_knows_it_and_for_one_that_is_good(sessions: Sessions, user: User) -> None:
    before = sessions.open(user, HERE)
    with refused(AccountErrorCode.WRONG_PASSWORD):
        sessions.change_password(user, OTHER, OTHER, Client("192.0.2.1"))
    with refused(AccountErrorCode.PASSWORD_TOO_SHORT):
        sessions.change_password(user, PASSWORD, "short", Client("192.0.2.1"))
    with refused(AccountErrorCode.PASSWORD_TOO_PLAIN):
        sessions.change_password(user, PASSWORD, "ines ines ines ines", Client("192.0.2.1"))
    assert sessions.find(before) is not None
    for _ in range(9):
        with refused(AccountErrorCode.WRONG_PASSWORD):
            sessions.change_password(user, "guess", OTHER, Client("192.0.2.9"))
    with refused(AccountErrorCode.WRONG_PASSWORD):
        sessions.sign_in("Ines", "another guess", Client("192.0.2.9"))
    with refused(AccountErrorCode.TOO_MANY_ATTEMPTS, 90):
        sessions.sign_in("Omar", "another guess", Client("192.0.2.9"))


def test_every_session_of_a_user_can_be_closed_at_once(sessions: Sessions, user: User, world: World) -> None:
    accounts = Accounts(world.storage.accounts, world.clock)
    other = accounts.accept(accounts.invite(), "Omar", OTHER)
    secrets, theirs = [sessions.open(user, HERE), sessions.open(user, HERE)], sessions.open(other, HERE)
    sessions.close_all(user)
    assert [sessions.find(secret) for secret in secrets] == [None, None]
    assert sessions.find(theirs) is not None


def test_a_user_sees_own_sessions_and_ends_one_or_all_others(sessions: Sessions, user: User) -> None:
    secrets = [sessions.open(user, Client(f"192.0.2.{number}", "x" * 300)) for number in range(4)]
    shown = sessions.all_of(user, secrets[0])
    assert [each.address for each in shown if each.is_this] == ["192.0.2.0"]
    assert {len(each.browser) for each in shown} == {200}
    [other] = [each for each in shown if each.address == "192.0.2.3"]
    assert sessions.end(user, other.id)
    assert not sessions.end(user, other.id)
    assert sessions.find(secrets[3]) is None
    sessions.end_others(user, secrets[0])
    assert [sessions.find(secret) is not None for secret in secrets] == [True, False, False, False]


def test_sessions_that_have_ended_are_not_listed(sessions: Sessions, user: User, world: World) -> None:
    secret = sessions.open(user, HERE)
    world.clock.pass_by(minutes=29)
    assert len(sessions.all_of(user, secret)) == 1
    world.clock.pass_by(minutes=1)
    assert sessions.all_of(user, secret) == []


def test_proof_lasts_for_ten_minutes_and_is_given_by_the_password(
    sessions: Sessions, user: User, world: World
) -> None:
    secret = sessions.open(user, HERE)

    def is_proven() -> bool:
        session = sessions.find(secret)
        assert session is not None
        return sessions.is_proven(session)

    assert is_proven()
    world.clock.pass_by(minutes=10)
    assert not is_proven()
    with refused(AccountErrorCode.WRONG_PASSWORD):
        sessions.prove(secret, user, OTHER, "", HERE)
    assert not is_proven()
    sessions.prove(secret, user, PASSWORD, "", HERE)
    assert is_proven()
