"""Refused credentials in the audit log: the first at once, a flood as one record a minute and address."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.storage import fake_storage
from visavis.audit_events import Actor, ActorKind, Effect, Event
from visavis.core.audit import Audit


class Door:
    """Where credentials are refused, with a clock of its own."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        storage = fake_storage(self.clock)
        self.journal = storage.journal
        self.audit = Audit(self.journal, storage.audit, self.clock, Effect.USE)

    @property
    def events(self) -> list[Event]:
        """What was recorded."""
        return [event for _, event in self.journal.inbox]

    @property
    def told(self) -> list[tuple[str | None, int]]:
        return [(event.actor.address, event.count) for event in self.events]

    def refuse(self, address: str | None, times: int = 1) -> None:
        actor = Actor(kind=ActorKind.APP, address=address)
        refusal = Event(actor=actor, operation="authenticate", effect=Effect.CHANGE, result="unauthorized")
        for _ in range(times):
            self.audit.refused(refusal)

    def wait(self, seconds: float) -> None:
        self.clock.pass_by(seconds)
        self.audit.flush()


@pytest.fixture
def door() -> Door:
    return Door()


def test_the_first_is_recorded_at_once_and_those_that_follow_as_one(door: Door) -> None:
    door.refuse("192.0.2.1")
    assert door.told == [("192.0.2.1", 1)]
    door.refuse("192.0.2.1", times=500)
    door.wait(59)
    assert door.told == [("192.0.2.1", 1)]
    door.wait(1)
    assert door.told == [("192.0.2.1", 1), ("192.0.2.1", 500)]


def test_addresses_are_told_apart(door: Door) -> None:
    door.refuse("192.0.2.1", times=3)
    door.refuse("192.0.2.2")
    door.wait(60)
    assert door.told == [("192.0.2.1", 1), ("192.0.2.2", 1), ("192.0.2.1", 2)]


def test_one_who_comes_back_later_is_recorded_at_once_again(door: Door) -> None:
    door.refuse("192.0.2.1")
    door.wait(60)
    door.refuse("192.0.2.1")
    assert door.told == [("192.0.2.1", 1)] * 2


def test_the_addresses_of_one_ipv6_network_are_one_and_mapped_ones_are_not(door: Door) -> None:
    for number in range(1, 20):
        door.refuse(f"2001:db8::{number:x}")
    door.refuse("::ffff:192.0.2.1")
    door.refuse("::ffff:192.0.2.2")
    assert [address for address, _ in door.told] == [
        "2001:db8::1",
        "::ffff:192.0.2.1",
        "::ffff:192.0.2.2",
    ]
    door.wait(60)
    assert sum(count for _, count in door.told) == 21


def test_a_flood_from_everywhere_costs_a_bounded_number_of_records_and_none_is_forgotten(door: Door) -> None:
    for number in range(5_000):
        door.refuse(f"10.0.{number // 256}.{number % 256}")
    assert len(door.events) == 1_001
    assert door.told[-1] == (None, 1)
    door.wait(60)
    assert sum(count for _, count in door.told) == 5_000
    assert len(door.events) == 1_002


def test_in_the_end_nothing_is_kept_back(door: Door) -> None:
    door.refuse("192.0.2.1", times=3)
    door.audit.flush(everything=True)
    assert door.told == [("192.0.2.1", 1), ("192.0.2.1", 2)]


def test_what_happened_is_recorded_as_deep_as_is_asked_for(door: Door) -> None:
    seen = Event(actor=Actor(kind=ActorKind.USER, user="kim"), operation="o", effect=Effect.USE)
    for effect in Effect:
        door.audit.record(replace(seen, effect=effect))
    assert [event.effect for event in door.events] == [Effect.CHANGE, Effect.USE]


def test_a_refusal_that_follows_is_told_as_it_was_last(door: Door) -> None:
    for number in range(3):
        actor = Actor(kind=ActorKind.APP, address="192.0.2.1", key_id=number)
        door.audit.refused(Event(actor=actor, operation=f"o{number}", effect=Effect.CHANGE))
    door.wait(60)
    assert [event.operation for event in door.events] == ["o0", "o2"]


def test_what_is_due_of_one_address_is_recorded_when_another_is_refused(door: Door) -> None:
    door.refuse("192.0.2.1", times=3)
    door.clock.pass_by(60)
    door.refuse("192.0.2.2")
    assert door.told == [("192.0.2.1", 1), ("192.0.2.1", 2), ("192.0.2.2", 1)]


def test_refusals_without_an_address_are_told_as_one(door: Door) -> None:
    door.refuse(None, times=3)
    door.wait(60)
    assert door.told == [(None, 1), (None, 2)]
