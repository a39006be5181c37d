"""Webhooks of groups: where they may lead, with which secrets, and what a test of one sends."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.core.world import World, refused
from tests.fakes.webhooks import FakeSender
from visavis.core.webhooks import Webhooks
from visavis.errors import ErrorCode
from visavis.types import Group
from visavis.webhooks import MAX_URL, Outcome, Verdict

URL = "https://gate.example/"


@pytest.fixture
def group(world: World) -> Group:
    return world.group()


@pytest.fixture
def sender() -> FakeSender:
    return FakeSender()


@pytest.fixture
def webhooks(world: World, sender: FakeSender) -> Webhooks:
    return Webhooks(world.storage.webhooks, sender, world.clock)


def secrets_of(world: World, group: Group) -> tuple[str, ...]:
    return world.storage.webhooks.endpoint(group, world.clock()).secrets


def test_a_new_webhook_has_a_secret_and_keeps_it_at_another_url(
    world: World, group: Group, webhooks: Webhooks
) -> None:
    assert webhooks.find(group) is None
    secret = webhooks.set_url(group, URL)
    assert secret is not None
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", secret)
    assert webhooks.set_url(group, "https://other.example/") is None
    assert secrets_of(world, group) == (secret,)
    assert webhooks.require(group).url == "https://other.example/"


def test_a_url_that_nothing_may_be_sent_to_is_not_taken(group: Group, webhooks: Webhooks) -> None:
    with refused(ErrorCode.INVALID_PARAMETER, "Not that one.", "url"):
        webhooks.set_url(group, "http://10.0.0.1/")
    with refused(ErrorCode.INVALID_PARAMETER, "A webhook's URL has at most 2000 characters.", "url"):
        webhooks.set_url(group, URL.ljust(MAX_URL + 1, "x"))
    assert webhooks.find(group) is None
    webhooks.set_url(group, URL.ljust(MAX_URL, "x"))
    assert webhooks.find(group) is not None


def test_after_a_rotation_the_old_secret_signs_until_the_overlap_is_over(
    world: World, group: Group, webhooks: Webhooks
) -> None:
    old = webhooks.set_url(group, URL)
    new = webhooks.rotate(group, timedelta(hours=1))
    assert secrets_of(world, group) == (new, old)
    assert webhooks.require(group).old_secret_until == world.clock() + timedelta(hours=1)
    world.clock.pass_by(hours=1)
    assert secrets_of(world, group) == (new,)
    newest = webhooks.rotate(group, timedelta(0))
    assert secrets_of(world, group) == (newest,)
    assert len({old, new, newest}) == 3


def test_a_test_is_signed_by_every_secret_and_tells_of_nobody(
    world: World, group: Group, webhooks: Webhooks, sender: FakeSender
) -> None:
    webhooks.set_url(group, URL)
    webhooks.rotate(group, timedelta(hours=1))
    assert webhooks.test(group).is_success
    [(url, body, headers)] = sender.sent
    assert url == URL
    assert len(headers["webhook-signature"].split(" ")) == 2
    assert headers["webhook-timestamp"] == str(int(world.clock().timestamp()))
    at = world.clock().isoformat(timespec="milliseconds")
    data = f'{{"id":"{headers["webhook-id"]}","group":"group"}}'
    assert body.decode() == f'{{"type":"webhook.test","timestamp":"{at}","data":{data}}}'
    webhooks.test(group)
    assert len({headers["webhook-id"] for _, _, headers in sender.sent}) == 2


def test_a_webhook_that_was_stopped_is_started_by_somebody_and_a_test_is_sent_all_the_same(
    world: World, group: Group, webhooks: Webhooks, sender: FakeSender
) -> None:
    webhooks.set_url(group, URL)
    group = world.groups.change_settings(world.app, "group", {"recognition_event_days": 1})
    world.meet_stranger(group)
    delivery = world.storage.webhooks.claim(world.clock(), world.clock(), ())
    assert delivery is not None
    world.storage.webhooks.finish(delivery, Outcome(Verdict.STOPPED, "", world.clock(), world.clock()))
    assert webhooks.require(group).stopped
    assert webhooks.test(group).is_success
    webhooks.start(group)
    assert webhooks.require(group).stopped is None


def test_a_webhook_that_was_removed_is_none(group: Group, webhooks: Webhooks, sender: FakeSender) -> None:
    webhooks.set_url(group, URL)
    webhooks.remove(group)
    assert webhooks.find(group) is None
    for act in (webhooks.test, webhooks.require, webhooks.start, webhooks.remove):
        with refused(ErrorCode.WEBHOOK_NOT_FOUND, "The group has no webhook."):
            act(group)
    assert sender.sent == []


def test_a_webhook_says_of_itself_what_people_are_shown(group: Group, webhooks: Webhooks) -> None:
    webhooks.set_url(group, URL)
    webhooks.rotate(group, timedelta(days=1))
    assert webhooks.require(group).shown() == {
        "url": URL,
        "created": datetime(2026, 5, 1, 12, tzinfo=UTC).isoformat(),
        "old_secret_until": datetime(2026, 5, 2, 12, tzinfo=UTC).isoformat(),
        "stopped": None,
        "last_attempt": None,
        "last_result": "",
        "waiting": 0,
        "given_up": 0,
    }
