"""When a delivery is tried, tried again and given up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Event
from time import monotonic, sleep

import pytest

from tests.fakes.storage import fake_storage
from tests.fakes.webhooks import FakeSender
from visavis.audit_events import Actor, ActorKind
from visavis.core.webhook_delivery import (
    LEASE,
    LONGEST_PAUSE,
    THREADS,
    TRIED_FOR,
    WebhookDeliveries,
    pause_after,
)
from visavis.errors import ErrorCode, ServiceError
from visavis.recognition_events import Asked, RecognitionKind
from visavis.types import Group
from visavis.webhooks import Delivery, Reply, Verdict

START = datetime(2026, 11, 29, 9, tzinfo=UTC)
SECRET = "whsec_c2VjcmV0"
PATIENCE_S = 10.0
"""How long a test waits for threads: far longer than it takes, and no longer, since mutants make it wait."""
FAILED = Reply(500, "HTTP status 500.")


class Bench:
    """Deliveries of groups with webhooks, and a clock that tests set."""

    def __init__(self) -> None:
        self.now = START
        self.storage = fake_storage(lambda: self.now)
        self.store, self.sender = self.storage.webhooks, FakeSender()
        self.app = self.storage.apps.create_app("front-door", {})
        self.reported: list[Verdict] = []
        self.deliveries = WebhookDeliveries(self.store, self.sender, lambda: self.now, self.reported.append)

    def group(self, number: int) -> Group:
        """A group that records events, and tells them to a URL with its number."""
        gallery = self.storage.gallery
        for group in gallery.list_groups(self.app, None, 100):
            if group.name == f"gate-{number}":
                return group
        group = gallery.create_group(self.app, f"gate-{number}", "sface", quota=100)
        self.store.set_url(group, f"https://gate-{number}.example/", SECRET)
        return gallery.change_settings(group, {"recognition_event_days": 30})

    def add(self, number: int = 7) -> None:
        """Let a stranger wait to be told of."""
        asked = Asked(Actor(kind=ActorKind.APP, key_id=3))
        told = self.storage.recognition_events.record(
            self.group(number), RecognitionKind.SEARCH, None, None, asked
        )
        assert told

    def wait_until_done(self) -> None:
        """For the threads, as long as their patience lasts."""
        until = monotonic() + PATIENCE_S
        while self.store.due:
            assert monotonic() < until, self.store.due
            sleep(0.01)

    def pass_time_until_due(self) -> None:
        [self.now] = self.store.due.values()


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def running(bench: Bench) -> Iterator[Bench]:
    bench.deliveries.start()
    yield bench
    bench.deliveries.stop()


def test_what_is_due_is_sent_once_signed_and_done_with(bench: Bench) -> None:
    bench.add()
    assert bench.deliveries.deliver_due() == 1
    [(url, body, headers)] = bench.sender.sent
    assert url == "https://gate-7.example/"
    assert headers["webhook-id"] in body.decode()
    assert headers["webhook-timestamp"] == str(int(START.timestamp()))
    assert b'"type":"face.unknown"' in body
    assert bench.store.due == {}
    assert bench.deliveries.deliver_due() == 0
    assert bench.reported == [Verdict.DELIVERED]


def test_all_that_is_due_is_sent_one_after_another(bench: Bench) -> None:
    for number in (1, 1, 2):
        bench.add(number)
    assert bench.deliveries.deliver_due() == 3
    assert [url for url, _, _ in bench.sender.sent] == [f"https://gate-{number}.example/" for number in (1, 1, 2)]


def test_after_a_failure_it_is_sent_again_later_and_at_last_given_up(bench: Bench) -> None:
    bench.sender.reply = lambda _: FAILED
    bench.add()
    pauses = []
    while bench.store.due:
        bench.pass_time_until_due()
        before = bench.now
        assert bench.deliveries.deliver_due() == 1
        pauses += [due - before for due in bench.store.due.values()]
    assert len({headers["webhook-id"] for _, _, headers in bench.sender.sent}) == 1
    assert bench.reported[-1] is Verdict.GIVEN_UP
    assert set(bench.reported[:-1]) == {Verdict.PUT_OFF}
    assert pauses[:6] == sorted(pauses[:6])
    assert TRIED_FOR - LONGEST_PAUSE * 1.2 <= bench.now - START <= TRIED_FOR


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 5), (2, 20), (3, 80), (4, 320), (7, 14_400), (10**6, 14_400)]
)
def test_pauses_grow_fourfold_up_to_four_hours_a_fifth_more_or_less(attempts: int, seconds: int) -> None:
    assert pause_after(attempts, lambda: 0) == timedelta(seconds=seconds * 0.8)
    assert pause_after(attempts, lambda: 0.5) == timedelta(seconds=seconds)
    assert pause_after(attempts, lambda: 1) == timedelta(seconds=seconds * 1.2)


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (Reply(200, ""), Verdict.DELIVERED),
        (Reply(299, ""), Verdict.DELIVERED),
        (Reply(302, ""), Verdict.PUT_OFF),
        (Reply(404, ""), Verdict.PUT_OFF),
        (Reply(410, ""), Verdict.STOPPED),
        (Reply(None, "The host refuses connections."), Verdict.PUT_OFF),
    ],
)
def test_what_comes_back_decides_what_becomes_of_it(bench: Bench, reply: Reply, verdict: Verdict) -> None:
    bench.sender.reply = lambda _: reply
    bench.add()
    bench.deliveries.deliver_due()
    [outcome] = bench.store.outcomes
    assert (outcome.verdict, outcome.result) == (verdict, reply.detail)


def test_what_a_killed_server_has_claimed_is_sent_when_its_lease_is_over(bench: Bench) -> None:
    bench.add()
    assert bench.store.claim(bench.now, bench.now + LEASE, ()) is not None
    assert bench.deliveries.deliver_due() == 0
    bench.now += LEASE
    assert bench.deliveries.deliver_due() == 1


def test_a_receiver_that_hangs_delays_no_other(running: Bench) -> None:
    begun, hangs, arrived = Event(), Event(), Event()

    def reply(url: str) -> Reply:
        if "gate-1." in url:
            begun.set()
            hangs.wait(PATIENCE_S)
        else:
            arrived.set()
        return Reply(204, "")

    running.sender.reply = reply
    for group_id in (1, 1, 1, 2):
        running.add(group_id)
    running.deliveries.wake()
    assert begun.wait(PATIENCE_S)
    assert arrived.wait(PATIENCE_S)
    assert len([url for url, _, _ in running.sender.sent if "gate-1." in url]) == 1
    hangs.set()


def test_all_is_sent_however_many_there_are(running: Bench) -> None:
    for number in range(5 * THREADS):
        running.add(number % (THREADS + 3))
    running.deliveries.wake()
    running.wait_until_done()
    running.deliveries.stop()
    ids = [headers["webhook-id"] for _, _, headers in running.sender.sent]
    assert len(ids) == len(set(ids)) == 5 * THREADS


def test_a_database_that_fails_costs_an_attempt_and_not_the_thread(running: Bench) -> None:
    claim, failed = running.store.claim, Event()

    def fail(*_: object) -> Delivery | None:
        failed.set()
        raise ServiceError(ErrorCode.INTERNAL, "The database is gone.")

    running.store.claim = fail  # type: ignore[method-assign, assignment]
    running.deliveries.wake()
    assert failed.wait(PATIENCE_S)
    running.store.claim = claim  # type: ignore[method-assign]
    running.add()
    running.deliveries.wake()
    running.wait_until_done()
    assert running.reported == [Verdict.DELIVERED]
