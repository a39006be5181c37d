"""Whether the clock can be trusted with what is deleted for its age."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic

from visavis.core.ports import Clock

logger = logging.getLogger(__name__)

_LEAP_S = 3600.0
"""A clock that gains so much between two looks was set, or is wrong."""

_DOUBT_S = 3600.0
"""So long an operator has to set a wrong clock right: what is hidden comes back, what is deleted does not."""


class ClockWatch:
    """Holds a clock that can be set against one that cannot."""

    def __init__(self, clock: Clock, steady: Callable[[], float] = monotonic) -> None:
        """`steady` counts seconds and is never set."""
        self._clock = clock
        self._steady = steady
        self._seen = (clock(), steady())
        self._trusted_from = steady()

    def is_trusted(self, at_stake: str) -> bool:
        """Not for an hour after it has leapt ahead. A machine that slept looks the same, and can wait.

        `at_stake` is a sentence for the log on what the wrong clock would do.
        """
        now, steady = self._clock(), self._steady()
        (seen, seen_steady), self._seen = self._seen, (now, steady)
        leap = (now - seen).total_seconds() - (steady - seen_steady)
        if leap < -_LEAP_S:
            self._trusted_from = steady
        if leap > _LEAP_S:
            self._trusted_from = steady + _DOUBT_S
            logger.error("The clock has leapt ahead by %.1f hours. %s", leap / 3600, at_stake)
        return steady >= self._trusted_from
