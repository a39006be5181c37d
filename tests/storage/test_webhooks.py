"""Webhooks and what waits for them: on disk with the event, gone with the person, handed to one node at a time."""

from __future__ import annotations

import shutil
import threading
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from tests.ports.deliveries import LEASE, SECRET, URL, claim, claimed, now, watch
from tests.ports.recognitions import ASKED, meet_stranger, people, recognise
from tests.storage.conftest import OpenStorage, only_sqlite
from tests.storage.forging import faults, refused, replace_rows, rows_of
from visavis.audit_events import AuditFilter
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import App
from visavis.recognition_events import Asked, EventFilter, RecognitionEvent
from visavis.storage.database.schema import stranger_counts, webhook_deliveries, webhooks
from visavis.storage.gallery.webhooks import stop_webhooks
from visavis.storage.store import Storage, open_storage
from visavis.transfer.backup.make import back_up
from visavis.transfer.backup.restore import Target, restore_backup
from visavis.types import Group
from visavis.webhooks import Delivery, Outcome, Stop, Verdict

NOWHERE = Asked(ASKED.actor, "")


@pytest.fixture
def watched(storage: Storage, group: Group) -> Group:
    return watch(storage, group)


def finish(storage: Storage, delivery: Delivery, verdict: Verdict, due_at: datetime | None = None) -> None:
    storage.webhooks.finish(delivery, Outcome(verdict, "HTTP status 200.", now(), due_at or now()))


def waiting(storage: Storage, group: Group) -> int:
    webhook = storage.webhooks.find(group)
    assert webhook is not None
    return webhook.waiting


def operations(storage: Storage) -> list[str]:
    storage.audit.advance(wait=True)
    return [record.event.operation for record in storage.audit.page(AuditFilter(), None, 100)][::-1]


def counted(storage: Storage) -> int:
    with storage.database.read() as connection:
        return int(connection.execute(select(func.sum(stranger_counts.c.count))).scalar_one())


def test_an_event_waits_for_the_webhook_from_the_moment_it_is_recorded(
    storage: Storage, watched: Group, open_again: OpenStorage
) -> None:
    storage.persons.set_name(watched, "p0", "김민수")
    recognise(storage, watched, "p0")
    delivery = claimed(open_again())
    [event] = storage.recognition_events.list_events(watched, EventFilter(), None, 10)
    assert delivery.about == event
    assert isinstance(delivery.about, RecognitionEvent)
    assert (delivery.about.name, delivery.app, delivery.group) == ("김민수", "app", "group")
    assert (delivery.attempts, delivery.endpoint.url, delivery.endpoint.secrets) == (1, URL, (SECRET,))


def test_what_is_claimed_is_nobody_elses_until_the_lease_is_over(
    storage: Storage, watched: Group, open_again: OpenStorage
) -> None:
    recognise(storage, watched, "p0")
    delivery, other = claimed(storage), open_again()
    assert claim(other) is None
    again = claim(other, now() + LEASE)
    assert again is not None
    assert (again.number, again.about.id, again.attempts) == (delivery.number, delivery.about.id, 2)


def test_nodes_that_claim_at_once_get_different_deliveries(
    storage: Storage, watched: Group, open_again: OpenStorage
) -> None:
    for number in range(20):
        recognise(storage, watched, "p0", Asked(ASKED.actor, f"door {number}"))
    got: list[int] = []

    def take(node: Storage) -> None:
        while (delivery := claim(node)) is not None:
            got.append(delivery.number)
            finish(node, delivery, Verdict.DELIVERED)

    nodes = [threading.Thread(target=take, args=(node,)) for node in (storage, open_again(), open_again())]
    for node in nodes:
        node.start()
    for node in nodes:
        node.join()
    assert len(got) == len(set(got)) == 20
    assert waiting(storage, watched) == 0


def test_switching_events_off_takes_what_waits_away_at_once(storage: Storage, watched: Group) -> None:
    recognise(storage, watched, "p0")
    meet_stranger(storage, watched)
    storage.gallery.change_settings(watched, {"recognition_event_days": 0})
    assert claim(storage) is None
    assert rows_of(storage, webhook_deliveries) == []


@pytest.mark.parametrize("way", ["group", "app"])
def test_a_webhook_goes_with_its_group_and_its_app(storage: Storage, app: App, watched: Group, way: str) -> None:
    recognise(storage, watched, "p0")
    if way == "group":
        storage.gallery.delete_group(watched)
    else:
        storage.apps.delete_app(app)
    assert (rows_of(storage, webhooks), rows_of(storage, webhook_deliveries)) == ([], [])
    assert faults(storage) == ""
    with pytest.raises(ServiceError) as caught:
        storage.webhooks.find(watched)
    assert caught.value.code is ErrorCode.GROUP_NOT_FOUND


def test_neither_path_nor_secret_is_readable(storage: Storage, watched: Group, data_dir: Path) -> None:
    recognise(storage, watched, "p0")
    content = b"".join(path.read_bytes() for path in data_dir.rglob("*") if path.is_file())
    content += repr([rows_of(storage, table) for table in (webhooks, webhook_deliveries)]).encode()
    for secret in (b"token=theirs", SECRET.encode(), b"secret-of-these-tests"):
        assert secret not in content


@pytest.mark.parametrize("column", ["url", "secret", "stopped"])
def test_a_webhook_that_was_altered_is_found_out_before_anything_is_sent(
    storage: Storage, group: Group, watched: Group, column: str
) -> None:
    recognise(storage, watched, "p0")
    assert faults(storage) == ""
    value = Stop.GONE.value if column == "stopped" else b"x" * 40
    with storage.database.write() as connection:
        connection.execute(update(webhooks).values({column: value}))
    refused(partial(claim, storage), "webhook of group number")
    refused(partial(recognise, storage, watched, "p1"), "webhook of group number")
    assert "webhook of group number" in faults(storage)


def test_the_url_of_one_group_is_not_taken_for_that_of_another(storage: Storage, app: App, watched: Group) -> None:
    other = storage.gallery.create_group(app, "other", "sface", quota=10)
    storage.webhooks.set_url(other, "https://other.example/", SECRET)
    rows = rows_of(storage, webhooks)
    swapped = [{**row, "group_id": group_id} for row, group_id in zip(rows, (other.id, watched.id), strict=True)]
    replace_rows(storage, webhooks, swapped)
    refused(partial(storage.webhooks.find, watched), "webhook")


def test_an_earlier_webhook_that_was_put_back_is_found_out(storage: Storage, watched: Group) -> None:
    earlier = rows_of(storage, webhooks)
    storage.webhooks.set_url(watched, "https://safer.example/", SECRET)
    replace_rows(storage, webhooks, earlier)
    recognise(storage, watched, "p0")
    refused(partial(claim, storage), "webhook")
    storage.gallery.change_settings(watched, {"similarity": 91})
    replace_rows(storage, webhooks, [])
    refused(partial(storage.webhooks.find, watched), "webhooks")


def test_a_delivery_that_was_altered_is_found_out_and_others_go_out(storage: Storage, watched: Group) -> None:
    recognise(storage, watched, "p0")
    recognise(storage, watched, "p1")
    first = webhook_deliveries.c.id == select(func.min(webhook_deliveries.c.id)).scalar_subquery()
    [one, _] = rows_of(storage, webhook_deliveries)
    with storage.database.write() as connection:
        connection.execute(update(webhook_deliveries).where(first).values(event_id=None))
    refused(partial(claim, storage), f"The delivery {one['id']} to a webhook was altered")
    assert f"The delivery {one['id']} to a webhook" in faults(storage)
    about = claimed(storage).about
    assert isinstance(about, RecognitionEvent)
    assert about.person_id == "p1"


def test_a_restored_backup_tells_nobody_until_somebody_starts_it(storage: Storage, watched: Group) -> None:
    recognise(storage, watched, "p0")
    stop_webhooks(storage.database, storage.keys.proofs)
    webhook = storage.webhooks.find(watched)
    assert webhook is not None
    assert (webhook.stopped, webhook.waiting) == (Stop.RESTORED, 0)
    assert claim(storage) is None
    assert faults(storage) == ""
    storage.webhooks.start(watched)
    recognise(storage, watched, "p1")
    assert waiting(storage, watched) == 1


def test_the_gap_is_that_of_the_group_and_begins_with_the_event(storage: Storage, watched: Group) -> None:
    short = storage.gallery.change_settings(watched, {"recognition_event_gap_seconds": 1})
    recognise(storage, short, "p0")
    [first] = storage.recognition_events.list_events(short, EventFilter(), None, 10)
    while now() <= first.at + timedelta(seconds=1):
        recognise(storage, short, "p0")
    recognise(storage, short, "p0")
    first_again, second = storage.recognition_events.list_events(short, EventFilter(), None, 10)[::-1]
    assert first_again == first
    assert second.at - first.at >= timedelta(seconds=1)
    every = storage.gallery.change_settings(watched, {"recognition_event_gap_seconds": 0})
    before = len(people(storage, every))
    recognise(storage, every, "p0")
    recognise(storage, every, "p0")
    assert len(people(storage, every)) == before + 2


def test_looks_at_the_same_moment_are_one_event(storage: Storage, watched: Group, open_again: OpenStorage) -> None:
    nodes = [storage, open_again()]
    looks = [threading.Thread(target=recognise, args=(node, watched, "p0")) for node in nodes * 4]
    for look in looks:
        look.start()
    for look in looks:
        look.join()
    assert people(storage, watched) == ["p0"]


@only_sqlite
@pytest.mark.slow
def test_a_restore_leaves_webhooks_stopped_and_their_secrets_as_they_were(
    storage: Storage, watched: Group, data_dir: Path, tmp_path: Path
) -> None:
    recognise(storage, watched, "p0")
    back_up(storage, tmp_path / "backup.tar", lambda _: None)
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    shutil.copy(data_dir / "master.key", fresh)
    restore_backup(tmp_path / "backup.tar", Target(fresh, None), lambda _: None)
    with closing(open_storage(fresh)) as restored:
        webhook = restored.webhooks.find(watched)
        assert webhook is not None
        assert (webhook.url, webhook.stopped, webhook.waiting) == (URL, Stop.RESTORED, 0)
        assert restored.webhooks.endpoint(watched, now()).secrets == (SECRET,)
        assert people(restored, watched) == ["p0"]
