"""Recent requests for the status page: how many in each minute, and the last ones that failed."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from visavis.core.ports import Clock

MINUTES_KEPT = 60
INCIDENTS_KEPT = 100


@dataclass(frozen=True, slots=True)
class Incident:
    """A request that was answered with an error. Holds nothing secret: no key, no group, no face."""

    time: datetime
    dialect: str
    operation: str
    code: int
    """The error number that the dialect answered with."""
    detail: str
    """The reason, in the sentence that the client received."""
    request_id: str
    by_server: bool
    """Whether the server is to blame, or its load, rather than the request."""


@dataclass(frozen=True, slots=True)
class Minute:
    """The requests that were answered within a minute."""

    start: datetime
    requests: int = 0
    refused: int = 0
    """Requests that failed because of their sender."""
    failed: int = 0
    """Requests that failed because of the server or its load."""
    console: int = 0
    """What was done in the console: pictures sent, and changes. They are not among `requests`."""


class Activity:
    """Recent requests of this process alone. One thread writes; any thread may read."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._minutes: deque[Minute] = deque(maxlen=MINUTES_KEPT)
        self._incidents: deque[Incident] = deque(maxlen=INCIDENTS_KEPT)

    def record(self, incident: Incident | None = None) -> None:
        """Count a request that has been answered, with an error if there is an incident."""
        current = self._present()
        self._minutes[-1] = replace(
            current,
            requests=current.requests + 1,
            refused=current.refused + (incident is not None and not incident.by_server),
            failed=current.failed + (incident is not None and incident.by_server),
        )
        if incident is not None:
            self._incidents.append(incident)

    def record_console(self) -> None:
        """Count something that was done in the console."""
        current = self._present()
        self._minutes[-1] = replace(current, console=current.console + 1)

    def _present(self) -> Minute:
        start = self.clock().replace(second=0, microsecond=0)
        # Never backwards: a clock that was put back goes on counting in the minute that it left.
        if not self._minutes or self._minutes[-1].start < start:
            self._minutes.append(Minute(start))
        return self._minutes[-1]

    def minutes(self) -> list[Minute]:
        """The last 60 minutes, oldest first, the present one last. Minutes without a request are included."""
        known = {minute.start: minute for minute in tuple(self._minutes)}
        now = self.clock().replace(second=0, microsecond=0)
        starts = (now - timedelta(minutes=ago) for ago in reversed(range(MINUTES_KEPT)))
        return [known.get(start, Minute(start)) for start in starts]

    def incidents(self) -> list[Incident]:
        """The last 100 requests that failed, newest first."""
        return list(reversed(tuple(self._incidents)))
