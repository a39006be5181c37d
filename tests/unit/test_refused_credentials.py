"""Refused credentials in the audit log: the first at once, a flood as one record a minute and address."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from visavis.audit_events import Actor, ActorKind, AuditFilter, AuditHead, AuditRecord, Effect, Event
from visavis.core.audit import Audit
from visavis.core.ports import AuditActing


@dataclass
class Notebook:
    """What was recorded; the journal itself is tested where it is kept."""

    events: list[Event] = field(default_factory=list)

    def acting(self, event: Event) -> AbstractContextManager[AuditActing]:
        raise NotImplementedError

    def add(self, event: Event) -> None:
        self.events.append(event)

    @property
    def description(self) -> list[tuple[str | None, int]]:
        return [(event.actor.address, event.count) for event in self.events]


class NoChain:
    def advance(self, *, wait: bool = False) -> int:
        raise NotImplementedError

    def head(self) -> AuditHead:
        raise NotImplementedError

    def page(self, where: AuditFilter, before: int | None, limit: int) -> list[AuditRecord]:
        raise NotImplementedError


@dataclass
class Door:
    """Where credentials are refused, with a clock of its own."""

    notebook: Notebook = field(default_factory=Notebook)
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def __post_init__(self) -> None:
        self.audit = Audit(self.notebook, NoChain(), lambda: self.now, Effect.USE)

    def refuse(self, address: str | None, times: int = 1) -> None:
        actor = Actor(kind=ActorKind.APP, address=address)
        refusal = Event(actor=actor, operation="authenticate", effect=Effect.CHANGE, result="unauthorized")
        for _ in range(times):
            self.audit.refused(refusal)

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.audit.flush()


@pytest.fixture
def door() -> Door:
    return Door()


def test_the_first_is_recorded_at_once_and_those_that_follow_as_one(door: Door) -> None:
    door.refuse("192.0.2.1")
    assert door.notebook.description == [("192.0.2.1", 1)]
    door.refuse("192.0.2.1", times=500)
    door.wait(59)
    assert door.notebook.description == [("192.0.2.1", 1)]
    door.wait(1)
    assert door.notebook.description == [("192.0.2.1", 1), ("192.0.2.1", 500)]


def test_addresses_are_told_apart(door: Door) -> None:
    door.refuse("192.0.2.1", times=3)
    door.refuse("192.0.2.2")
    door.wait(60)
    assert door.notebook.description == [("192.0.2.1", 1), ("192.0.2.2", 1), ("192.0.2.1", 2)]


def test_one_who_comes_back_later_is_recorded_at_once_again(door: Door) -> None:
    door.refuse("192.0.2.1")
    door.wait(60)
    door.refuse("192.0.2.1")
    assert door.notebook.description == [("192.0.2.1", 1)] * 2


def test_the_addresses_of_one_ipv6_network_are_one_and_mapped_ones_are_not(door: Door) -> None:
    for number in range(1, 20):
        door.refuse(f"2001:db8::{number:x}")
    door.refuse("::ffff:192.0.2.1")
    door.refuse("::ffff:192.0.2.2")
    assert [address for address, _ in door.notebook.description] == [
        "2001:db8::1",
        "::ffff:192.0.2.1",
        "::ffff:192.0.2.2",
    ]
    door.wait(60)
    assert sum(count for _, count in door.notebook.description) == 21


def test_a_flood_from_everywhere_costs_a_bounded_number_of_records_and_none_is_forgotten(door: Door) -> None:
    for number in range(5_000):
        door.refuse(f"10.0.{number // 256}.{number % 256}")
    assert len(door.notebook.events) == 1_001
    assert door.notebook.description[-1] == (None, 1)
    door.wait(60)
    assert sum(count for _, count in door.notebook.description) == 5_000
    assert len(door.notebook.events) == 1_002


def test_in_the_end_nothing_is_kept_back(door: Door) -> None:
    door.refuse("192.0.2.1", times=3)
    door.audit.flush(everything=True)
    assert door.notebook.description == [("192.0.2.1", 1), ("192.0.2.1", 2)]


def test_what_happened_is_recorded_as_deep_as_is_asked_for(door: Door) -> None:
    seen = Event(actor=Actor(kind=ActorKind.USER, user="kim"), operation="o", effect=Effect.USE)
    for effect in Effect:
        door.audit.record(replace(seen, effect=effect))
    assert [event.effect for event in door.notebook.events] == [Effect.CHANGE, Effect.USE]
