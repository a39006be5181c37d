"""Deletes faces whose retention time is over."""

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
"""Faces in one transaction. Other writers are served between two transactions."""

_AT_STAKE = (
    "Faces that have expired by this clock are not shown, and will be deleted in an hour unless it is corrected."
)


class Retention:
    """Deletes expired faces. Any number of nodes may do this at the same time."""

    def __init__(self, gallery: Gallery, clock: Clock, steady: Callable[[], float] = monotonic) -> None:
        self._gallery = gallery
        self._watch = ClockWatch(clock, steady)

    def enforce(self) -> int:
        """Delete expired faces of all groups; return their number."""
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
