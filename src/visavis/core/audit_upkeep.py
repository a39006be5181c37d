"""Upkeep of the audit log in the background: chain new records, log the head, delete old records."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic

from visavis.core.audit import Audit
from visavis.core.clocks import ClockWatch
from visavis.core.periodic_tasks import PeriodicTasks
from visavis.core.ports import Clock
from visavis.errors import ServiceError

logger = logging.getLogger(__name__)

CHAIN_SECONDS = 1.0
"""About how long a record may wait until it is chained."""

_RARELY_S = 3600.0

_AT_STAKE = (
    "Audit records that are too old by this clock will be removed in an hour or two unless it is corrected."
)


class AuditUpkeep:
    """Runs in each server. Any number of servers may do this at the same time."""

    def __init__(
        self,
        audit: Audit,
        prune: Callable[[datetime], int],
        keep: timedelta | None,
        clock: Clock,
        steady: Callable[[], float] = monotonic,
    ) -> None:
        """`prune` deletes records older than a moment; `keep` is how old they may get, None for any age.

        `steady` is a monotonic clock, in seconds.
        """
        self._audit = audit
        self._prune = prune
        self._keep = keep
        self._clock = clock
        self._steady = steady
        self._watch = None if keep is None else ClockWatch(clock, steady)
        self._next = steady()
        self._tasks = PeriodicTasks([self.run_once], CHAIN_SECONDS)

    def start(self) -> None:
        self._tasks.start()

    def stop(self) -> None:
        """Stop the thread, then chain the log to its end."""
        self._tasks.stop()
        try:
            self._audit.flush(everything=True)
            self._audit.chain.advance(wait=True)
            self._log_head()
        except ServiceError as error:  # the next server that runs chains the rest
            logger.warning("The audit log could not be chained to its end: %s", error.detail)

    def run_once(self) -> None:
        self._audit.flush()
        self._audit.chain.advance()
        trusted = self._watch is not None and self._watch.is_trusted(_AT_STAKE)
        now = self._steady()
        if self._next <= now:
            self._next = now + _RARELY_S
            if self._keep is not None and trusted:
                self._prune(self._clock() - self._keep)
            self._log_head()

    def _log_head(self) -> None:
        """If the server's log is kept on another machine, this line there proves when the audit log is cut off."""
        logger.info("The audit log ends at %s", self._audit.chain.head())
