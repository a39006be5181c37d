"""Guessing is slowed down per address and per app; who has the right keys is never kept out."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from visavis.core import attempts
from visavis.core.attempts import REMEMBERED, Attempts, network_of
from visavis.errors import ErrorCode, ServiceError

MALLORY, ALICE = "203.0.113.66", "198.51.100.1"
RIGHT = {"appKey": "a", "secretKey": "right"}


class Door:
    """Attempts with a clock that is set by hand, and a lock that one set of keys opens."""

    def __init__(self, failures: int = 20) -> None:
        self.now = 0.0
        self.asked = 0
        self.wait: int | None = None
        self.attempts = Attempts(failures, lambda: self.now)

    def knock(self, address: str, keys: dict[str, str], account: str | None = "a") -> str:
        def check() -> str:
            self.asked += 1
            if keys != RIGHT:
                raise ServiceError(ErrorCode.UNAUTHORIZED, "Wrong.")
            return "in"

        try:
            return self.attempts.verify(address, keys, check, account)
        except ServiceError as error:
            self.wait = error.retry_after
            return error.code

    def guess(self, address: str, times: int, account: str | None = "a") -> list[str]:
        return [self.knock(address, {"appKey": "a", "secretKey": f"guess {n}"}, account) for n in range(times)]


def test_after_twenty_wrong_keys_an_address_is_refused_without_a_look_at_its_keys() -> None:
    door = Door()
    assert door.guess(MALLORY, 25) == ["unauthorized"] * 20 + ["rate_limited"] * 5
    assert door.asked == 20
    assert door.wait == 3
    assert door.knock(MALLORY, RIGHT) == "rate_limited"


def test_guesses_sent_at_once_are_as_many_as_one_after_the_other() -> None:
    attempts, let_go, asked = Attempts(10), threading.Event(), threading.Semaphore(0)

    def check() -> str:
        asked.release()
        let_go.wait()
        raise ServiceError(ErrorCode.UNAUTHORIZED, "Wrong.")

    def guess(number: int) -> str:
        try:
            return attempts.verify(MALLORY, {"name": "ines", "password": str(number)}, check, "ines")
        except ServiceError as error:
            return error.code

    with ThreadPoolExecutor(60) as pool:
        guesses = [pool.submit(guess, number) for number in range(60)]
        for _ in range(10):
            asked.acquire()
        while sum(guess.done() for guess in guesses) < 50:
            pass
        let_go.set()
        answers = [guess.result() for guess in guesses]
    assert not asked.acquire(blocking=False)
    assert sorted(answers) == ["rate_limited"] * 50 + ["unauthorized"] * 10


def test_attempts_come_back_one_by_one() -> None:
    door = Door()
    door.guess(MALLORY, 25)
    door.now += 3.01
    assert door.guess(MALLORY, 3) == ["unauthorized", "rate_limited", "rate_limited"]
    door.now += 60.0
    assert door.guess(MALLORY, 25).count("unauthorized") == 20


def test_another_address_is_not_concerned() -> None:
    door = Door()
    door.guess(MALLORY, 100)
    assert door.knock(ALICE, RIGHT) == "in"


def test_keys_that_were_right_before_are_let_in_from_the_address_of_an_attacker() -> None:
    door = Door()
    assert door.knock(MALLORY, RIGHT) == "in"
    door.guess(MALLORY, 100)
    assert door.knock(MALLORY, RIGHT) == "in"


def test_of_an_app_that_is_attacked_from_everywhere_each_address_has_one_attempt() -> None:
    door = Door()
    door.guess(MALLORY, 1)
    for n in range(100):
        door.knock(f"198.18.0.{n}", {"appKey": "a", "secretKey": "?"})
    assert door.knock(MALLORY, RIGHT) == "rate_limited"
    assert door.guess("198.18.1.1", 2) == ["unauthorized", "rate_limited"]
    assert door.knock(ALICE, RIGHT) == "in"


def test_another_app_is_not_concerned() -> None:
    door = Door()
    for n in range(200):
        door.knock(f"198.18.0.{n}", {"appKey": "b", "secretKey": "?"}, account="b")
    door.guess(ALICE, 1)
    assert door.knock(ALICE, RIGHT) == "in"


def test_keys_that_tell_no_app_count_for_the_address() -> None:
    door = Door()
    assert door.guess(MALLORY, 21, account=None)[-1] == "rate_limited"


def test_keys_that_are_wrong_now_are_no_better_for_having_been_right() -> None:
    door = Door()
    trusted = {"appKey": "a", "secretKey": "revoked"}
    door.attempts.verify(MALLORY, trusted, lambda: "in")
    assert door.knock(MALLORY, trusted) == "unauthorized"
    door.guess(MALLORY, 19)
    assert door.knock(MALLORY, trusted) == "rate_limited"


def test_what_goes_wrong_otherwise_does_not_count() -> None:
    door = Door(failures=1)

    def overloaded() -> str:
        raise ServiceError(ErrorCode.OVERLOADED, "Later.")

    for _ in range(5):
        with pytest.raises(ServiceError) as caught:
            door.attempts.verify(ALICE, RIGHT, overloaded)
        assert caught.value.code is ErrorCode.OVERLOADED


def test_no_flood_of_addresses_fills_the_memory() -> None:
    door = Door()
    for n in range(REMEMBERED + 500):
        door.knock(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", {"appKey": str(n)}, account=str(n))
    for memory in (door.attempts._of_network, door.attempts._of_app):
        assert len(memory) == REMEMBERED


@pytest.mark.parametrize(
    ("address", "same", "other"),
    [
        ("203.0.113.1", "::ffff:203.0.113.1", "203.0.113.2"),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::1", "2001:db8:1:3::1"),
        ("fe80::1%eth0", "fe80::2%eth1", "fe80:0:0:1::1"),
    ],
)
def test_a_host_is_one_address_in_ipv4_and_a_64_in_ipv6(address: str, same: str, other: str) -> None:
    assert network_of(address) == network_of(same) != network_of(other)


@pytest.mark.parametrize("address", ["", "unix socket", "x" * 10_000])
def test_an_address_that_is_none_is_one_all_the_same(address: str) -> None:
    assert len(network_of(address)) <= 64


def test_whoever_has_to_wait_is_told_how_long_and_the_operator_who_it_is(caplog: pytest.LogCaptureFixture) -> None:
    door = Door(failures=2)
    door.guess(MALLORY, 2)
    with pytest.raises(ServiceError) as caught:
        door.attempts.verify(MALLORY, RIGHT, lambda: "in")
    assert (caught.value.code, caught.value.retry_after) == (ErrorCode.RATE_LIMITED, 30)
    assert caught.value.detail == (
        "Too many attempts with wrong keys came from this address: wait before the next one."
    )
    assert set(caplog.messages) == {f"Too many wrong keys from {MALLORY}: it has to wait."}


def test_the_wait_becomes_shorter_and_is_never_told_as_nothing() -> None:
    door = Door()
    door.guess(MALLORY, 20)
    for now, wait in ((0.0, 3), (1.5, 2), (2.9, 1)):
        door.now = now
        assert door.knock(MALLORY, RIGHT) == "rate_limited"
        assert door.wait == wait


def test_an_app_counts_as_attacked_from_five_times_as_many_failures_as_an_address_may_have() -> None:
    door = Door(failures=2)
    door.now = 100.0
    door.guess(MALLORY, 1)
    for number in range(8):
        door.knock(f"198.18.0.{number}", {"secretKey": "?"})
    assert door.knock(MALLORY, {"secretKey": "??"}) == "unauthorized"
    door.guess(ALICE, 1)
    assert door.knock(ALICE, RIGHT) == "rate_limited"
    assert door.wait == 600
    door.now += 1
    for number in range(8):
        door.knock(f"198.18.1.{number}", {"secretKey": "?"})
    door.knock(ALICE, RIGHT)
    assert door.wait == 599


def test_one_failure_less_is_no_attack() -> None:
    door = Door(failures=2)
    door.guess(ALICE, 1)
    for number in range(8):
        door.knock(f"198.18.0.{number}", {"secretKey": "?"})
    assert door.knock(ALICE, RIGHT) == "in"


def test_the_ones_not_seen_for_longest_are_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "REMEMBERED", 2)
    door = Door(failures=1)
    for address in ("10.0.0.1", "10.0.0.2"):
        door.knock(address, {"secretKey": "?"}, None)
    door.now += 60
    for address in ("10.0.0.1", "10.0.0.3"):
        door.knock(address, {"secretKey": "?"}, None)
    assert [door.knock(f"10.0.0.{number}", {"secretKey": "??"}, None) for number in (1, 3)] == ["rate_limited"] * 2
    assert list(door.attempts._of_network) == ["10.0.0.1", "10.0.0.3"]


def test_keys_of_any_characters_are_told_apart() -> None:
    door = Door()
    for key in ("\udc80", "키", "\0", ""):
        assert door.knock(MALLORY, {"secretKey": key}) == "unauthorized"
    door.attempts.verify(ALICE, {"a": "1", "b": "23"}, lambda: "in")
    door.guess(ALICE, 20)
    for other in ({"a": "12", "b": "3"}, {"a": "1", "b": "3"}, {"a": "1"}, {"a": "1\0b\0002\00023"}):
        assert door.knock(ALICE, other) == "rate_limited"
    assert door.attempts.verify(ALICE, {"b": "23", "a": "1"}, lambda: "in") == "in"


def test_an_address_that_waits_for_no_answer_is_not_remembered() -> None:
    door = Door()
    door.guess(MALLORY, 2)
    door.knock(ALICE, RIGHT)
    door.knock(ALICE, RIGHT)
    assert dict(door.attempts._pending) == {}


def test_the_keys_themselves_are_not_kept() -> None:
    door = Door()
    door.knock(ALICE, RIGHT)
    again = Door()
    again.knock(ALICE, RIGHT)
    [kept], [other] = door.attempts._trusted, again.attempts._trusted
    assert kept != other
