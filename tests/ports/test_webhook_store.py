"""Webhooks of groups, what waits for them, and what becomes of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import pytest

from tests.ports.conftest import operations
from tests.ports.deliveries import LEASE, SECRET, URL, claim, claimed, now, watch
from tests.ports.recognitions import ASKED, face_of, meet_stranger, people, recognise
from tests.ports.stores import Stores
from visavis.audit_events import AuditFilter
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import App
from visavis.recognition_events import Asked, EventFilter, RecognitionEvent
from visavis.types import Group
from visavis.webhooks import Delivery, Outcome, Stop, Stranger, Verdict


@pytest.fixture
def watched(storage: Stores, group: Group) -> Group:
    return watch(storage, group)


def finish(storage: Stores, delivery: Delivery, verdict: Verdict, due_at: datetime | None = None) -> None:
    storage.webhooks.finish(delivery, Outcome(verdict, "HTTP status 200.", now(), due_at or now()))


def waiting(storage: Stores, group: Group) -> int:
    webhook = storage.webhooks.find(group)
    assert webhook is not None
    return webhook.waiting


def test_an_event_waits_for_the_webhook(storage: Stores, watched: Group) -> None:
    storage.persons.set_name(watched, "p0", "김민수")
    recognise(storage, watched, "p0")
    delivery = claimed(storage)
    [event] = storage.recognition_events.list_events(watched, EventFilter(), None, 10)
    assert delivery.about == event
    assert isinstance(delivery.about, RecognitionEvent)
    assert (delivery.about.name, delivery.app, delivery.group) == ("김민수", "app", "group")
    assert (delivery.attempts, delivery.endpoint.url, delivery.endpoint.secrets) == (1, URL, (SECRET,))


def test_without_a_webhook_or_events_nothing_waits(storage: Stores, watched: Group) -> None:
    off = storage.gallery.change_settings(watched, {"recognition_event_days": 0})
    assert not recognise(storage, off, "p0")
    storage.webhooks.remove(watched)
    on = storage.gallery.change_settings(watched, {"recognition_event_days": 30})
    assert not recognise(storage, on, "p0")
    assert not meet_stranger(storage, on)
    assert claim(storage) is None


def test_what_is_claimed_is_nobody_elses_until_the_lease_is_over(storage: Stores, watched: Group) -> None:
    recognise(storage, watched, "p0")
    delivery = claimed(storage)
    assert claim(storage) is None
    again = claim(storage, now() + LEASE)
    assert again is not None
    assert (again.number, again.about.id, again.attempts) == (delivery.number, delivery.about.id, 2)


def test_what_waits_longest_is_told_first(storage: Stores, watched: Group) -> None:
    for person in ("p0", "p1"):
        recognise(storage, watched, person)
    first = claimed(storage)
    finish(storage, first, Verdict.PUT_OFF, now() + timedelta(hours=1))
    second = claimed(storage)
    finish(storage, second, Verdict.PUT_OFF, now() + timedelta(hours=2))
    assert [first.about, second.about] == storage.recognition_events.list_events(watched, EventFilter(), None, 9)[
        ::-1
    ]
    assert claim(storage) is None
    later = claim(storage, now() + timedelta(hours=3))
    assert later is not None
    assert later.about == first.about


def test_what_waits_goes_with_the_person_the_face_and_the_webhook(storage: Stores, watched: Group) -> None:
    for person in ("p0", "p1", None):
        recognise(storage, watched, person)
    delivery = claimed(storage)
    storage.persons.delete_person(watched, "p0")
    assert waiting(storage, watched) == 2
    finish(storage, delivery, Verdict.PUT_OFF)
    assert waiting(storage, watched) == 2
    storage.gallery.delete_face(watched, face_of(storage, watched, None))
    assert waiting(storage, watched) == 1
    storage.webhooks.remove(watched)
    assert storage.webhooks.find(watched) is None
    storage.webhooks.set_url(watched, URL, SECRET)
    assert waiting(storage, watched) == 0
    assert people(storage, watched) == ["p1"]


def test_switching_events_off_takes_what_waits_away_at_once(storage: Stores, watched: Group) -> None:
    recognise(storage, watched, "p0")
    meet_stranger(storage, watched)
    storage.gallery.change_settings(watched, {"recognition_event_days": 0})
    assert claim(storage) is None
    storage.gallery.change_settings(watched, {"recognition_event_days": 30})
    assert waiting(storage, watched) == 0


@pytest.mark.parametrize("way", ["group", "app"])
def test_a_webhook_goes_with_its_group_and_its_app(storage: Stores, app: App, watched: Group, way: str) -> None:
    recognise(storage, watched, "p0")
    if way == "group":
        storage.gallery.delete_group(watched)
    else:
        storage.apps.delete_app(app)
    assert claim(storage) is None
    for act in (
        partial(storage.webhooks.find, watched),
        partial(storage.webhooks.set_url, watched, URL, SECRET),
        partial(storage.webhooks.start, watched),
        partial(storage.webhooks.remove, watched),
        partial(storage.webhooks.endpoint, watched, now()),
        partial(storage.webhooks.replace_secret, watched, SECRET, now(), now()),
    ):
        with pytest.raises(ServiceError) as caught:
            act()
        assert caught.value.code is ErrorCode.GROUP_NOT_FOUND


def test_of_a_stranger_waits_only_where_and_when(storage: Stores, watched: Group) -> None:
    meet_stranger(storage, watched)
    about = claimed(storage).about
    assert isinstance(about, Stranger)
    assert about.door == ASKED.door


def test_a_group_that_is_being_told_something_is_passed_over(storage: Stores, watched: Group) -> None:
    recognise(storage, watched, "p0")
    assert claim(storage, busy=(watched.id,)) is None
    assert claim(storage) is not None


def test_what_came_of_it_is_shown(storage: Stores, watched: Group) -> None:
    for person in ("p0", "p1", None):
        recognise(storage, watched, person)
    for verdict in (Verdict.DELIVERED, Verdict.PUT_OFF, Verdict.GIVEN_UP):
        finish(storage, claimed(storage), verdict, now() + timedelta(hours=1))
    webhook = storage.webhooks.find(watched)
    assert webhook is not None
    assert (webhook.waiting, webhook.given_up, webhook.result) == (1, 1, "HTTP status 200.")
    assert webhook.tried_at is not None
    assert claim(storage) is None
    assert claim(storage, now() + timedelta(hours=1)) is not None


def test_a_receiver_that_is_gone_is_told_nothing_until_somebody_starts_it_again(
    storage: Stores, watched: Group
) -> None:
    recognise(storage, watched, "p0")
    recognise(storage, watched, "p1")
    finish(storage, claimed(storage), Verdict.STOPPED)
    recognise(storage, watched, None)
    webhook = storage.webhooks.find(watched)
    assert webhook is not None
    assert (webhook.stopped, webhook.waiting, webhook.given_up) == (Stop.GONE, 0, 2)
    storage.webhooks.start(watched)
    recognise(storage, watched, "p0", Asked(ASKED.actor, "back"))
    assert waiting(storage, watched) == 1
    assert operations(storage)[-2:] == ["stop_webhook", "start_webhook"]


def test_a_receiver_that_is_gone_does_not_stop_the_one_that_took_its_place(
    storage: Stores, watched: Group
) -> None:
    recognise(storage, watched, "p0")
    recognise(storage, watched, "p1")
    under_way = claimed(storage)
    storage.webhooks.set_url(watched, "https://other.example/", SECRET)
    finish(storage, under_way, Verdict.STOPPED)
    webhook = storage.webhooks.find(watched)
    assert webhook is not None
    assert (webhook.stopped, webhook.waiting, webhook.given_up, webhook.result) == (None, 2, 0, "")
    told = {claimed(storage).about.id, claimed(storage).about.id}
    assert under_way.about.id in told


def test_a_person_who_has_another_id_now_is_told_by_that(storage: Stores, watched: Group) -> None:
    recognise(storage, watched, "p0")
    storage.persons.move_person(watched, "p0", "e-1", merge=False)
    about = claimed(storage).about
    assert isinstance(about, RecognitionEvent)
    assert about.person_id == "e-1"


def test_another_url_keeps_the_secret_and_what_waits(storage: Stores, watched: Group) -> None:
    recognise(storage, watched, "p0")
    assert not storage.webhooks.set_url(watched, "https://other.example/", "whsec_b3RoZXI=")
    endpoint = claimed(storage).endpoint
    assert (endpoint.url, endpoint.secrets) == ("https://other.example/", (SECRET,))


def test_after_a_rotation_both_secrets_sign_for_as_long_as_was_said(storage: Stores, watched: Group) -> None:
    start = now()
    storage.webhooks.replace_secret(watched, "whsec_bmV3", start, start + timedelta(hours=1))
    during, after = (storage.webhooks.endpoint(watched, start + timedelta(hours=hours)) for hours in (0, 1))
    assert during.secrets == ("whsec_bmV3", SECRET)
    assert after.secrets == ("whsec_bmV3",)
    storage.webhooks.replace_secret(watched, "whsec_bmV3ZXI=", start, start)
    assert storage.webhooks.endpoint(watched, start).secrets == ("whsec_bmV3ZXI=",)


def test_a_group_without_a_webhook_has_none_to_change(storage: Stores, group: Group) -> None:
    assert storage.webhooks.find(group) is None
    for act in (
        partial(storage.webhooks.endpoint, group, now()),
        partial(storage.webhooks.start, group),
        partial(storage.webhooks.remove, group),
        partial(storage.webhooks.replace_secret, group, SECRET, now(), now()),
    ):
        with pytest.raises(ServiceError) as caught:
            act()
        assert caught.value.code is ErrorCode.WEBHOOK_NOT_FOUND


def test_every_change_is_in_the_audit_log_without_secret_or_path(storage: Stores, watched: Group) -> None:
    storage.webhooks.replace_secret(watched, SECRET, now(), now())
    storage.webhooks.start(watched)
    storage.webhooks.remove(watched)
    names = [name for name in operations(storage) if "webhook" in name]
    assert names == ["set_webhook", "rotate_webhook_secret", "start_webhook", "remove_webhook"]
    shown = repr(storage.audit.page(AuditFilter(), None, 100))
    assert "to gate.example" in shown
    assert "theirs" not in shown
    assert "whsec" not in shown
