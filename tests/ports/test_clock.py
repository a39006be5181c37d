"""The present moment."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest

from tests.fakes.clock import FakeClock
from visavis.app.records import now
from visavis.core.ports import Clock


@pytest.fixture(params=[FakeClock(), now], ids=["fake", "real"])
def clock(request: pytest.FixtureRequest) -> Clock:
    read: Clock = request.param
    return read


def test_the_present_is_in_utc(clock: Clock) -> None:
    assert clock().tzinfo is UTC


def test_the_present_is_not_before_the_past(clock: Clock) -> None:
    before = clock()
    assert timedelta(0) <= clock() - before < timedelta(days=1)
