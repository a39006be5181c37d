"""Checks the system clock before anything is deleted for its age."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic

from visavis.core.ports import Clock

logger = logging.getLogger(__name__)

_LEAP_S = 3600.0
"""A clock that gains more than this between two checks was set, or is wrong."""

_DOUBT_S = 3600.0
"""How long an operator has to correct a wrong clock: what is hidden comes back, what is deleted does not."""


class ClockWatch:
    """Compares the system clock, which can be set, with a monotonic clock, which cannot."""

    def __init__(self, clock: Clock, steady: Callable[[], float] = monotonic) -> None:
        """`steady` is a monotonic clock, in seconds."""
        self._clock = clock
        self._steady = steady
        self._seen = (clock(), steady())
        self._trusted_from = steady()

    def is_trusted(self, at_stake: str) -> bool:
        """Whether the clock has not jumped ahead within the last hour.

        A machine that was suspended looks the same; nothing is lost if it waits. `at_stake` is a sentence for the
        log: what a wrong clock would do.
        """
        now, steady = self._clock(), self._steady()
        (seen, seen_steady), self._seen = self._seen, (now, steady)
        leap = (now - seen).total_seconds() - (steady - seen_steady)
        if leap < -_LEAP_S:
            self._trusted_from = steady
        if leap > _LEAP_S:
            self._trusted_from = steady + _DOUBT_S
            logger.error("The clock has jumped ahead by %.1f hours. %s", leap / 3600, at_stake)
        return steady >= self._trusted_from
