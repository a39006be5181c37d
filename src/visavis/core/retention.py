"""Deletes the faces that their groups have kept as long as they may."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic

from visavis.core.clocks import ClockWatch
from visavis.core.ports import Clock, Gallery
from visavis.errors import ErrorCode, ServiceError
from visavis.types import Group

logger = logging.getLogger(__name__)

_AT_ONCE = 500
"""Faces a transaction, so that other writers get their turn in between."""

_AT_STAKE = (
    "Faces that have expired by it are not shown, and will be deleted in an hour unless the clock is set right."
)


class Retention:
    """Any node may do this, and any number of them at the same time."""

    def __init__(self, gallery: Gallery, clock: Clock, steady: Callable[[], float] = monotonic) -> None:
        self._gallery = gallery
        self._watch = ClockWatch(clock, steady)

    def enforce(self) -> int:
        """Delete what has expired; how many faces that were."""
        if not self._watch.is_trusted(_AT_STAKE):
            return 0
        return sum(self._enforce_in(group) for group in self._gallery.groups_with_retention())

    def _enforce_in(self, group: Group) -> int:
        deleted = 0
        try:
            while count := self._gallery.delete_expired(group, _AT_ONCE):
                deleted += count
        except ServiceError as error:
            if error.code is not ErrorCode.GROUP_NOT_FOUND:  # somebody else deleted all of it
                raise
        if deleted:
            hours = group.settings.retention_hours
            logger.info("Deleted %d faces of group number %d, kept for %d hours.", deleted, group.id, hours)
        return deleted
