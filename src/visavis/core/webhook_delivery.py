"""Delivers what waits for webhooks: at least once, each group's one after another, again for a day if need be."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event, Lock, Thread
from typing import Final

from visavis.core.ports import Clock, WebhookSender, WebhookStore
from visavis.core.webhook_messages import message_of, signed_headers
from visavis.errors import ServiceError
from visavis.webhooks import Delivery, Outcome, Reply, Verdict

logger = logging.getLogger(__name__)

THREADS: Final = 8
"""How many receivers a server talks to at the same time."""
LEASE: Final = timedelta(seconds=60)
"""How long a delivery may be under way before others take it for lost. Longer than any attempt takes."""
TRIED_FOR: Final = timedelta(hours=24)
"""How long after an event it is tried to deliver it."""
FIRST_PAUSE: Final = timedelta(seconds=5)
LONGEST_PAUSE: Final = timedelta(hours=4)
_GROWTH = 4
_POLL_S = 2.0
"""How often a server looks for what other processes have recorded, and for what is due again."""
_PATIENCE_S = 15.0
_GONE = 410


def pause_after(attempts: int, jitter: Callable[[], float] = random.random) -> timedelta:
    """How long to wait after so many attempts have failed: 5 seconds, then 4 times as long, up to 4 hours.

    `jitter`, from 0 to 1, makes it up to a fifth shorter or longer, so that what failed at once does not come back
    at once.
    """
    growth: int = _GROWTH ** min(attempts - 1, 12)
    return min(FIRST_PAUSE * growth, LONGEST_PAUSE) * (0.8 + 0.4 * jitter())


class WebhookDeliveries:
    """Runs in each server. Any number of servers may do this at the same time: each delivery is one's alone."""

    def __init__(
        self,
        store: WebhookStore,
        sender: WebhookSender,
        clock: Clock,
        report: Callable[[Verdict], None] = lambda _: None,
    ) -> None:
        """`report` is told what became of each attempt."""
        self._store = store
        self._sender = sender
        self._clock = clock
        self._report = report
        self._busy: set[int] = set()
        """Groups that something is being sent for."""
        self._lock = Lock()
        self._awake = Event()
        self._stopped = Event()
        self._pool: ThreadPoolExecutor | None = None
        self._thread = Thread(target=self._run, name="webhooks", daemon=True)

    def start(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, "webhook")
        self._thread.start()

    def wake(self) -> None:
        """Look at once for something to deliver."""
        self._awake.set()

    def stop(self) -> None:
        """Begin no other attempt, and wait for those that are under way, up to 15 seconds."""
        self._stopped.set()
        self._awake.set()
        self._thread.join(_PATIENCE_S)
        if self._pool is not None:
            self._pool.shutdown()

    def deliver_due(self) -> int:
        """Make the attempts that are due now, one after another; return their number."""
        count = 0
        while (delivery := self._claim()) is not None:
            self._deliver(delivery)
            count += 1
        return count

    def _run(self) -> None:
        assert self._pool is not None  # noqa: S101 - `start` has made it
        while not self._stopped.is_set():
            self._awake.clear()
            delivery = self._next()
            if delivery is None:
                self._awake.wait(_POLL_S)
            else:
                self._pool.submit(self._deliver, delivery)

    def _next(self) -> Delivery | None:
        """What is to be sent next, while there is a thread for it."""
        with self._lock:
            if len(self._busy) >= THREADS:
                return None
        try:
            return self._claim()
        except ServiceError as error:
            logger.warning("A delivery to a webhook has to wait: %s", error.detail)
        except Exception:
            logger.exception("Deliveries to webhooks failed.")
        return None

    def _claim(self) -> Delivery | None:
        now = self._clock()
        with self._lock:
            busy = set(self._busy)
        delivery = self._store.claim(now, now + LEASE, busy)
        if delivery is not None:
            with self._lock:
                self._busy.add(delivery.group_id)
        return delivery

    def _deliver(self, delivery: Delivery) -> None:
        """Send, and put on record what came of it. Where that fails, it is sent again when the lease is over."""
        try:
            outcome = self._attempt(delivery)
            self._store.finish(delivery, outcome)
            self._report(outcome.verdict)
        except ServiceError as error:
            logger.warning("What came of a delivery to a webhook could not be kept: %s", error.detail)
        except Exception:
            logger.exception("A delivery to a webhook failed.")
        finally:
            with self._lock:
                self._busy.discard(delivery.group_id)
            self._awake.set()

    def _attempt(self, delivery: Delivery) -> Outcome:
        body = message_of(delivery)
        endpoint = delivery.endpoint
        headers = signed_headers(delivery.about.id, self._clock(), body, endpoint.secrets)
        reply = self._sender.post(endpoint.url, body, headers)
        now = self._clock()
        due_at = now + pause_after(delivery.attempts)
        verdict = _verdict(reply, is_over=due_at > delivery.about.at + TRIED_FOR)
        if verdict is not Verdict.DELIVERED:
            logger.warning(
                "The webhook of group number %d: %s %s", delivery.group_id, reply.detail, _NEXT[verdict]
            )
        return Outcome(verdict, reply.detail, now, due_at)


_NEXT = {
    Verdict.PUT_OFF: "It is tried again.",
    Verdict.GIVEN_UP: "It was tried for a day, and is given up.",
    Verdict.STOPPED: "The webhook is stopped.",
}


def _verdict(reply: Reply, *, is_over: bool) -> Verdict:
    if reply.is_success:
        return Verdict.DELIVERED
    if reply.status == _GONE:
        return Verdict.STOPPED
    return Verdict.GIVEN_UP if is_over else Verdict.PUT_OFF
