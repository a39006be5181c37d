"""Clocks that tests set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clocks:
    """One that can be wrong, and one that cannot."""

    def __init__(self) -> None:
        self.wall, self.seconds = datetime.now(UTC), 0.0

    def pass_by(self, seconds: float, leap: float = 0) -> None:
        self.seconds += seconds
        self.wall += timedelta(seconds=seconds + leap)
