"""The audit log is chained, its head told, and what is old let go."""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta

import pytest

from tests.core.world import World
from tests.storage.trails import event
from visavis.audit_events import Effect
from visavis.core.audit import Audit
from visavis.core.audit_upkeep import CHAIN_SECONDS, AuditUpkeep
from visavis.errors import ErrorCode, ServiceError

MONTH = timedelta(days=30)


class Pruning:
    """Notes from which moment on records are kept."""

    def __init__(self) -> None:
        self.before: list[datetime] = []

    def __call__(self, before: datetime) -> int:
        self.before.append(before)
        return 0


@pytest.fixture
def pruning() -> Pruning:
    return Pruning()


@pytest.fixture
def audit(world: World) -> Audit:
    return Audit(world.storage.journal, world.storage.audit, world.clock, Effect.USE)


@pytest.fixture
def upkeep(world: World, audit: Audit, pruning: Pruning) -> AuditUpkeep:
    return AuditUpkeep(audit, pruning, MONTH, world.clock, world.clock.seconds)


def heads(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [message for message in caplog.messages if message.startswith("The audit log ends at ")]


def test_a_turn_chains_what_waits(world: World, upkeep: AuditUpkeep) -> None:
    assert world.storage.audit.head().position == 0
    upkeep.run_once()
    assert world.storage.audit.head().position == 1


def test_a_turn_records_the_refusals_whose_minute_is_over(world: World, audit: Audit, upkeep: AuditUpkeep) -> None:
    for _ in range(3):
        audit.refused(event())
    upkeep.run_once()
    assert [record.event.count for record in world.recorded()[1:]] == [1]
    world.clock.pass_by(60)
    upkeep.run_once()
    assert [record.event.count for record in world.recorded()[1:]] == [1, 2]


def test_old_records_are_let_go_each_hour(world: World, upkeep: AuditUpkeep, pruning: Pruning) -> None:
    upkeep.run_once()
    assert pruning.before == [world.clock.now - MONTH]
    world.clock.pass_by(3599)
    upkeep.run_once()
    assert len(pruning.before) == 1
    world.clock.pass_by(1)
    upkeep.run_once()
    assert pruning.before[1:] == [world.clock.now - MONTH]


def test_the_head_is_told_each_hour(world: World, upkeep: AuditUpkeep, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "visavis.core.audit_upkeep"):
        for _ in range(3):
            upkeep.run_once()
            world.clock.pass_by(1800)
        assert heads(caplog) == [f"The audit log ends at {world.storage.audit.head()}"] * 2


def test_a_clock_that_leaps_ahead_lets_go_of_nothing_for_an_hour(
    world: World, upkeep: AuditUpkeep, pruning: Pruning, caplog: pytest.LogCaptureFixture
) -> None:
    upkeep.run_once()
    world.clock.pass_by(1800)
    world.clock.leap(1e8)
    upkeep.run_once()
    world.clock.pass_by(1800)
    upkeep.run_once()
    assert len(pruning.before) == 1
    assert (
        "Audit records that are too old by this clock will be removed in an hour or two unless it is corrected."
        in caplog.text
    )
    world.clock.pass_by(3600)
    upkeep.run_once()
    assert len(pruning.before) == 2


def test_a_log_that_is_kept_for_good_lets_go_of_nothing(
    world: World, audit: Audit, pruning: Pruning, caplog: pytest.LogCaptureFixture
) -> None:
    upkeep = AuditUpkeep(audit, pruning, None, world.clock, world.clock.seconds)
    with caplog.at_level(logging.INFO, "visavis.core.audit_upkeep"):
        for _ in range(3):
            upkeep.run_once()
            world.clock.pass_by(3600)
    assert (pruning.before, len(heads(caplog))) == ([], 3)


def test_a_server_leaves_the_log_chained_to_its_end(
    world: World, audit: Audit, pruning: Pruning, caplog: pytest.LogCaptureFixture
) -> None:
    turned = threading.Event()

    def prune(before: datetime) -> int:
        turned.set()
        return 0

    upkeep = AuditUpkeep(audit, prune, MONTH, world.clock, world.clock.seconds)
    upkeep.start()
    turned.wait()
    for _ in range(5):
        audit.refused(event())
    with caplog.at_level(logging.INFO, "visavis.core.audit_upkeep"):
        upkeep.stop()
    assert world.storage.audit.advance() == 0
    assert [record.event.count for record in world.recorded()[1:]] == [1, 4]
    assert heads(caplog)[-1] == f"The audit log ends at {world.storage.audit.head()}"


def test_a_log_that_cannot_be_chained_in_the_end_is_told_of(
    world: World, audit: Audit, pruning: Pruning, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    upkeep = AuditUpkeep(audit, pruning, MONTH, world.clock, world.clock.seconds)
    upkeep.start()

    def fails(*, wait: bool = False) -> int:
        if wait:
            raise ServiceError(ErrorCode.INTERNAL, "The database is gone.")
        return 0

    monkeypatch.setattr(world.storage.audit, "advance", fails)
    upkeep.stop()
    assert caplog.messages[-1] == "The audit log could not be chained to its end: The database is gone."
    assert caplog.records[-1].levelno == logging.WARNING


def test_a_log_that_is_kept_for_good_has_nothing_to_fear_from_a_wrong_clock(
    world: World, audit: Audit, pruning: Pruning, caplog: pytest.LogCaptureFixture
) -> None:
    upkeep = AuditUpkeep(audit, pruning, None, world.clock, world.clock.seconds)
    world.clock.leap(1e8)
    upkeep.run_once()
    assert caplog.messages == []


def test_a_turn_follows_the_one_before_by_a_second(upkeep: AuditUpkeep) -> None:
    assert upkeep._tasks._every_seconds == CHAIN_SECONDS == 1
