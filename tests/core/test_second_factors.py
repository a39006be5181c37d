"""A second factor: codes of a device and recovery codes, each good once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pyotp
import pytest

from tests.core.test_sessions import HERE, PASSWORD, sessions_of
from tests.core.world import World
from tests.fakes.clock import FakeClock
from visavis.core.accounts import Accounts
from visavis.core.second_factor import MOST_WRONG, RECOVERY_CODES, SecondFactors, new_secret
from visavis.core.second_factor import STEP_S as STEP
from visavis.core.sessions import CodeNeeded, Sessions
from visavis.errors import AccountError, AccountErrorCode
from visavis.identities import User

pytestmark = pytest.mark.usefixtures("quick_passwords")


@pytest.fixture
def clock(world: World) -> FakeClock:
    return world.clock


@pytest.fixture
def user(world: World) -> User:
    accounts = Accounts(world.storage.accounts, world.clock)
    return accounts.accept(accounts.invite(), "Ines", PASSWORD)


@pytest.fixture
def factors(world: World) -> SecondFactors:
    return SecondFactors(world.storage.second_factors, world.clock)


@pytest.fixture
def secret(factors: SecondFactors, user: User, clock: FakeClock) -> str:
    """Of the device that the user has enrolled, some steps ago."""
    secret = new_secret()
    factors.confirm(user, secret, code(secret, clock))
    clock.pass_by(seconds=5 * STEP)
    return secret


@pytest.fixture
def sessions(world: World) -> Sessions:
    return sessions_of(world)


def code(secret: str, clock: FakeClock, steps: int = 0) -> str:
    """What the device shows so many steps from now."""
    return pyotp.TOTP(secret).at(clock.now + timedelta(seconds=steps * STEP))


@contextmanager
def refused(error: AccountErrorCode) -> Iterator[None]:
    with pytest.raises(AccountError) as caught:
        yield
    assert caught.value.code is error


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_clock_may_be_one_step_off(
    factors: SecondFactors, user: User, secret: str, clock: FakeClock, steps: int
) -> None:
    assert factors.take(user, code(secret, clock, steps))


@pytest.mark.parametrize("steps", [-2, 2, 100])
def test_a_clock_that_is_further_off_is_wrong(
    factors: SecondFactors, user: User, secret: str, clock: FakeClock, steps: int
) -> None:
    assert not factors.take(user, code(secret, clock, steps))


def test_a_code_is_taken_once_and_none_before_it_afterwards(
    factors: SecondFactors, user: User, secret: str, clock: FakeClock
) -> None:
    assert factors.take(user, code(secret, clock))
    assert not factors.take(user, code(secret, clock))
    assert not factors.take(user, code(secret, clock, -1))
    clock.pass_by(seconds=STEP)
    assert factors.take(user, code(secret, clock))


def test_the_code_that_enrolled_a_device_signs_nobody_in(
    factors: SecondFactors, user: User, clock: FakeClock
) -> None:
    secret = new_secret()
    factors.confirm(user, secret, code(secret, clock))
    assert not factors.take(user, code(secret, clock))


@pytest.mark.parametrize("given", ["", "000000", "12345", "1234567", "abcdef", "한국어코드"])
def test_a_device_is_enrolled_by_a_right_code_alone(factors: SecondFactors, user: User, given: str) -> None:
    with refused(AccountErrorCode.WRONG_CODE):
        factors.confirm(user, "A" * 32, given)
    assert not factors.has(user)


@pytest.mark.parametrize("secret", ["", "A" * 16, "not base32!" * 3, "a" * 32])
def test_a_secret_that_is_none_is_refused(factors: SecondFactors, user: User, secret: str) -> None:
    with refused(AccountErrorCode.WRONG_CODE):
        factors.confirm(user, secret, "123456")


def test_recovery_codes_are_good_once_each_however_they_are_typed(
    factors: SecondFactors, user: User, clock: FakeClock
) -> None:
    secret = new_secret()
    codes = factors.confirm(user, secret, code(secret, clock))
    assert len(set(codes)) == RECOVERY_CODES
    assert factors.take(user, codes[0])
    assert not factors.take(user, codes[0])
    assert factors.take(user, f" {codes[1].upper().replace('-', ' ')} ")
    assert factors.codes_left(user) == RECOVERY_CODES - 2
    renewed = factors.renew_codes(user)
    assert not factors.take(user, codes[2])
    assert factors.take(user, renewed[0])


def test_the_codes_of_one_user_are_nothing_to_another(
    world: World, factors: SecondFactors, user: User, secret: str, clock: FakeClock
) -> None:
    accounts = Accounts(world.storage.accounts, world.clock)
    other = accounts.accept(accounts.invite(), "Omar", PASSWORD)
    codes = factors.renew_codes(user)
    theirs = new_secret()
    factors.confirm(other, theirs, code(theirs, clock))
    assert not factors.take(other, codes[0])
    assert not factors.take(other, code(secret, clock, 1))
    assert world.storage.second_factors.enrolled() == {user.id, other.id}


def test_a_secret_is_160_random_bits_in_base32() -> None:
    assert len(new_secret()) == 32
    assert new_secret() != new_secret()


def test_a_recovery_code_has_four_times_four_signs_that_nobody_mistakes(
    factors: SecondFactors, user: User, secret: str
) -> None:
    for each in factors.renew_codes(user):
        assert [len(part) for part in each.split("-")] == [4] * 4
        assert not set(each) & set("ilo01")


def test_a_device_reads_whose_code_it_shows_and_how(factors: SecondFactors, user: User) -> None:
    uri = factors.uri(user, "A" * 32)
    assert uri.startswith("otpauth://totp/Visavis:Ines?")
    assert "issuer=Visavis" in uri
    assert pyotp.parse_uri(uri).secret == "A" * 32


def test_a_second_factor_can_be_taken_away_once(factors: SecondFactors, user: User, secret: str) -> None:
    assert factors.has(user)
    assert factors.remove(user)
    assert not factors.has(user)
    assert not factors.remove(user)
    assert not factors.take(user, "000000")


def test_after_a_hundred_wrong_codes_only_a_recovery_code_is_taken(
    world: World, factors: SecondFactors, user: User, secret: str, clock: FakeClock
) -> None:
    recovery = factors.renew_codes(user)
    for _ in range(MOST_WRONG - 1):
        assert not factors.take(user, "000000")
    assert factors.take(user, code(secret, clock))
    clock.pass_by(seconds=2 * STEP)
    for _ in range(MOST_WRONG):
        assert not factors.take(user, "000000")
    with refused(AccountErrorCode.CODES_LOCKED):
        factors.take(user, code(secret, clock))
    assert [each.event.operation for each in world.recorded()][-1] == "lock_second_factor"
    assert not factors.take(user, "no recovery code")
    assert factors.take(user, recovery[0])
    assert factors.take(user, code(secret, clock))


def token_of(sessions: Sessions) -> str:
    with pytest.raises(CodeNeeded) as needed:
        sessions.sign_in("ines", PASSWORD, HERE)
    return needed.value.token


def test_signing_in_takes_password_and_code(sessions: Sessions, user: User, secret: str, clock: FakeClock) -> None:
    token = token_of(sessions)
    with refused(AccountErrorCode.WRONG_CODE):
        sessions.finish(token, "000000", HERE)
    session, who = sessions.finish(token, code(secret, clock), HERE)
    assert who == user
    found = sessions.find(session)
    assert found is not None
    assert found.user == user


def test_proof_takes_the_code_too(sessions: Sessions, user: User, secret: str, clock: FakeClock) -> None:
    session, _ = sessions.finish(token_of(sessions), code(secret, clock), HERE)
    clock.pass_by(minutes=20)
    with refused(AccountErrorCode.WRONG_CODE):
        sessions.prove(session, user, PASSWORD, "", HERE)
    found = sessions.find(session)
    assert found is not None
    assert not sessions.is_proven(found)
    sessions.prove(session, user, PASSWORD, code(secret, clock), HERE)
    found = sessions.find(session)
    assert found is not None
    assert sessions.is_proven(found)


def test_who_guesses_codes_has_to_wait(sessions: Sessions, user: User, secret: str, clock: FakeClock) -> None:
    token = token_of(sessions)
    for number in range(10):
        with refused(AccountErrorCode.WRONG_CODE):
            sessions.finish(token, f"{number:06}", HERE)
    with refused(AccountErrorCode.TOO_MANY_ATTEMPTS):
        sessions.finish(token, code(secret, clock), HERE)


def of_another(token: str) -> str:
    number, rest = token.split(".", 1)
    return f"{int(number) + 1}.{rest}"


def longer(token: str) -> str:
    number, until, mac = token.split(".")
    return f"{number}.{int(until) + 60}.{mac}"


@pytest.mark.parametrize(
    "change",
    [
        of_another,
        longer,
        lambda token: token[:-1],
        lambda token: token.replace(".", ".0000000000000000000", 1),
        lambda _: "",
        lambda _: "x.y.z",
        lambda _: "1.2.한",
        lambda _: "٣.2.x",
    ],
)
def test_a_token_that_was_changed_leads_nowhere(
    sessions: Sessions, user: User, secret: str, clock: FakeClock, change: Callable[[str], str]
) -> None:
    with refused(AccountErrorCode.SIGN_IN_EXPIRED):
        sessions.finish(change(token_of(sessions)), code(secret, clock), HERE)


def test_a_token_ends_after_five_minutes(sessions: Sessions, user: User, secret: str, clock: FakeClock) -> None:
    token = token_of(sessions)
    clock.pass_by(minutes=4, seconds=59)
    with refused(AccountErrorCode.WRONG_CODE):
        sessions.finish(token, "000000", HERE)
    clock.pass_by(seconds=1)
    with refused(AccountErrorCode.SIGN_IN_EXPIRED):
        sessions.finish(token, code(secret, clock), HERE)


def test_a_token_ends_with_the_password_and_with_the_account(
    world: World, sessions: Sessions, user: User, secret: str, clock: FakeClock
) -> None:
    token = token_of(sessions)
    world.storage.accounts.set_password(user, "another hash")
    with refused(AccountErrorCode.SIGN_IN_EXPIRED):
        sessions.finish(token, code(secret, clock), HERE)
    token = sessions.sign_in_tokens.issue(user, "another hash")
    accounts = Accounts(world.storage.accounts, world.clock)
    accounts.accept(accounts.invite(), "Omar", PASSWORD)
    accounts.delete(user)
    with refused(AccountErrorCode.SIGN_IN_EXPIRED):
        sessions.finish(token, code(secret, clock), HERE)
