"""Deletes the faces that their groups have kept as long as they may."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic

from visavis.core.ports import Clock, Gallery
from visavis.errors import ErrorCode, FaceError
from visavis.types import Group

logger = logging.getLogger(__name__)

_AT_ONCE = 500
"""Faces a transaction, so that other writers get their turn in between."""

_LEAP_S = 3600.0
"""A clock that gains so much between two turns was set, or is wrong."""

_DOUBT_S = 3600.0
"""So long an operator has to set a wrong clock right: what is hidden comes back, what is deleted does not."""


class Retention:
    """Any node may do this, and any number of them at the same time."""

    def __init__(self, gallery: Gallery, clock: Clock, steady: Callable[[], float] = monotonic) -> None:
        """`steady` counts seconds and is never set."""
        self._gallery = gallery
        self._clock = clock
        self._steady = steady
        self._seen = (clock(), steady())
        self._trusted_from = steady()

    def enforce(self) -> int:
        """Delete what has expired; how many faces that were."""
        if not self._clock_is_trusted():
            return 0
        return sum(self._enforce_in(group) for group in self._gallery.groups_with_retention())

    def _enforce_in(self, group: Group) -> int:
        deleted = 0
        try:
            while count := self._gallery.delete_expired(group, _AT_ONCE):
                deleted += count
        except FaceError as error:
            if error.code is not ErrorCode.GROUP_NOT_FOUND:  # somebody else deleted all of it
                raise
        if deleted:
            hours = group.settings.retention_hours
            logger.info("Deleted %d faces of group number %d, kept for %d hours.", deleted, group.id, hours)
        return deleted

    def _clock_is_trusted(self) -> bool:
        """Not for an hour after it has leapt ahead. A machine that slept looks the same, and can wait."""
        now, steady = self._clock(), self._steady()
        (seen, seen_steady), self._seen = self._seen, (now, steady)
        leap = (now - seen).total_seconds() - (steady - seen_steady)
        if leap < -_LEAP_S:
            self._trusted_from = steady
        if leap > _LEAP_S:
            self._trusted_from = steady + _DOUBT_S
            logger.error(
                "The clock has leapt ahead by %.1f hours. Faces that have expired by it are not shown, "
                "and will be deleted in an hour unless the clock is set right.",
                leap / 3600,
            )
        return steady >= self._trusted_from
