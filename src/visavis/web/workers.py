"""Worker threads for everything that computes or blocks, so that the event loop never does."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from visavis.core.audit import Audit
from visavis.errors import ErrorCode, ServiceError
from visavis.web.admission import AdmissionQueue
from visavis.web.batches import Batches
from visavis.web.outcome import Outcome

Result = TypeVar("Result")

_CHECKS = 16
"""How many checks of credentials, and calls of the operator, run at the same time."""
_RECORDS = 32
"""How many requests about records, and searches by face id, run at the same time."""
_PASSWORDS = 2
"""How many passwords are hashed at the same time. Each takes 64 MiB, and a tenth of a second of a core."""
_PASSWORD_QUEUE = 20
"""How many more passwords may wait, for a second or two."""
_SENDINGS = 2
"""How many calls of the operator wait for another server at the same time, each for up to 13 seconds."""
_SENDING_QUEUE = 20
_QUEUE = 1_000
"""How many of each other kind may wait. They take milliseconds, so more than that is an attack."""


class Workers:
    """Threads for checks, passwords, records and pictures. No kind of work waits for another kind's threads."""

    def __init__(self, image_requests: int, image_queue: int, audit: Audit, *, distant_database: bool) -> None:
        """`audit` records the events of `reading`; `distant_database`: whether look-ups wait for a network."""
        self.records = AdmissionQueue(_RECORDS, _QUEUE)
        self.images = AdmissionQueue(image_requests, image_queue)
        self._threads = CapacityLimiter(_RECORDS + image_requests)
        self._batches = Batches(audit, _RECORDS, 2 if distant_database else 1)
        self._checks = CapacityLimiter(_CHECKS)
        self._passwords = CapacityLimiter(_PASSWORDS)
        self._sendings = CapacityLimiter(_SENDINGS)

    async def quick(self, call: Callable[[], Result]) -> Result:
        """Run a check of credentials or a call of the operator. Raises OVERLOADED."""
        return await _in_queue(call, self._checks, _QUEUE)

    async def hashing(self, call: Callable[[], Result]) -> Result:
        """Run a call that hashes a password, which is slow by design. Raises OVERLOADED."""
        return await _in_queue(call, self._passwords, _PASSWORD_QUEUE)

    async def sending(self, call: Callable[[], Result]) -> Result:
        """Run a call of the operator that waits for another server. Raises OVERLOADED."""
        return await _in_queue(call, self._sendings, _SENDING_QUEUE)

    async def run(self, call: Callable[[], Result]) -> Result:
        """Run a call that has a slot of `records` or `images`. There is a thread for every slot."""
        outcome = await to_thread.run_sync(Outcome[Result].of, call, limiter=self._threads)
        return outcome.taken()

    async def reading(self, call: Callable[[], Result], kind: Hashable) -> Result:
        """Run a call that has a slot of `records` and changes nothing. Its events are on disk when this returns.

        Calls of one `kind` are expected to take about the same time.
        """
        return await self._batches.run(call, kind)


async def _in_queue(call: Callable[[], Result], limiter: CapacityLimiter, queue: int) -> Result:
    if limiter.statistics().tasks_waiting >= queue:
        raise ServiceError(ErrorCode.OVERLOADED, "Too many requests are being processed; try again shortly.")
    return await to_thread.run_sync(call, limiter=limiter)
