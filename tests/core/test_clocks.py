"""A clock that was set ahead is not believed for an hour."""

from __future__ import annotations

import logging

import pytest

from tests.fakes.clock import FakeClock
from visavis.core.clocks import ClockWatch

AT_STAKE = "Something will be lost."


@pytest.fixture
def clock() -> FakeClock:
    clock = FakeClock()
    clock.pass_by(hours=5)
    return clock


@pytest.fixture
def watch(clock: FakeClock) -> ClockWatch:
    return ClockWatch(clock, clock.seconds)


def trusted(watch: ClockWatch) -> bool:
    return watch.is_trusted(AT_STAKE)


def test_a_clock_that_goes_is_trusted(clock: FakeClock, watch: ClockWatch) -> None:
    assert trusted(watch)
    for hours in (0, 1, 100):
        clock.pass_by(hours=hours)
        assert trusted(watch)


def test_a_clock_that_leaps_ahead_is_not_believed_for_an_hour(
    clock: FakeClock, watch: ClockWatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock.pass_by(1800)
    clock.leap(36_000_001)
    with caplog.at_level(logging.ERROR, "visavis.core.clocks"):
        assert not trusted(watch)
    assert caplog.messages == ["The clock has jumped ahead by 10000.0 hours. Something will be lost."]
    clock.pass_by(3599)
    assert not trusted(watch)
    clock.pass_by(1)
    assert trusted(watch)
    assert len(caplog.messages) == 1


def test_a_small_correction_is_believed(clock: FakeClock, watch: ClockWatch) -> None:
    clock.leap(3600)
    assert trusted(watch)
    clock.leap(-3600)
    assert trusted(watch)
    clock.leap(3600.1)
    assert not trusted(watch)


def test_a_clock_that_is_set_right_again_is_believed_at_once(clock: FakeClock, watch: ClockWatch) -> None:
    clock.leap(1e6)
    assert not trusted(watch)
    clock.leap(-3600)
    assert not trusted(watch)
    clock.leap(-3600.1)
    assert trusted(watch)


def test_a_second_leap_begins_the_hour_anew(clock: FakeClock, watch: ClockWatch) -> None:
    clock.leap(10_000)
    assert not trusted(watch)
    clock.pass_by(3000)
    clock.leap(10_000)
    assert not trusted(watch)
    clock.pass_by(3000)
    assert not trusted(watch)
    clock.pass_by(600)
    assert trusted(watch)


def test_a_leap_back_does_no_harm(clock: FakeClock, watch: ClockWatch) -> None:
    clock.leap(-1e6)
    assert trusted(watch)
