"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


class FakeClock:
    """The present moment when called; `seconds` is what a clock that nobody can set would have counted."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now
        self.elapsed = 0.0

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return self.elapsed

    def pass_by(self, seconds: float = 0, **more: float) -> None:
        """Let time pass on both; `more` are parts of a timedelta, such as `hours`."""
        passed = timedelta(seconds=seconds, **more)
        self.now += passed
        self.elapsed += passed.total_seconds()

    def leap(self, seconds: float) -> None:
        """Set the clock ahead, or back, while no time passes."""
        self.now += timedelta(seconds=seconds)
