"""Webhooks of groups, with URL and secrets sealed, and the deliveries that wait for them."""

from __future__ import annotations

import os
from collections.abc import Collection
from datetime import UTC, datetime
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, select

from visavis.errors import ErrorCode, ServiceError
from visavis.recognition_events import RecognitionEvent, RecognitionKind
from visavis.storage.audit.journal import Journal
from visavis.storage.database.column_types import Row
from visavis.storage.database.connection import Database
from visavis.storage.database.schema import apps, groups, webhooks
from visavis.storage.gallery import delivery_rows, event_rows, group_rows, person_rows, webhook_rows
from visavis.storage.gallery.gallery import existing
from visavis.storage.keys.ring import KeyRing
from visavis.storage.proof.alteration import altered
from visavis.storage.proof.record_sets import WEBHOOKS
from visavis.storage.proof.records import Proofs
from visavis.types import Group
from visavis.webhooks import Delivery, Endpoint, Outcome, Stop, Stranger, Verdict, Webhook

_NONCE_BYTES = 12


class StoredWebhooks:
    """Implements core's `WebhookStore`."""

    def __init__(self, database: Database, keys: KeyRing, journal: Journal) -> None:
        self._database = database
        self._proofs = keys.proofs
        self._journal = journal
        self._aead = AESGCM(keys.derive("webhooks"))

    def find(self, group: Group) -> Webhook | None:
        with self._database.read() as connection:
            existing(group_rows.group_version(connection, group.id))
            row = self._proofs.find(connection, WEBHOOKS, group.id)
            if row is None:
                return None
            return Webhook(
                url=self._open(group.id, row["url"]),
                created_at=row["created_at"],
                old_secret_until=row["old_secret_until"],
                stopped=Stop(row["stopped"]) if row["stopped"] else None,
                tried_at=row["tried_at"],
                result=row["result"],
                given_up=row["given_up"],
                waiting=delivery_rows.count(connection, group.id),
            )

    def set_url(self, group: Group, url: str, secret: str) -> bool:
        values: dict[str, object] = {
            "url": self._seal(group.id, url),
            "stopped": "",
            "tried_at": None,
            "result": "",
            "given_up": 0,
        }
        with self._database.write() as connection:
            existing(group_rows.lock_group(connection, self._proofs, group.id))
            is_new = not webhook_rows.change(connection, self._proofs, group.id, values)
            if is_new:
                more = {
                    "group_id": group.id,
                    "secret": self._seal(group.id, secret),
                    "created_at": datetime.now(UTC),
                }
                self._proofs.insert(connection, WEBHOOKS, [{**values, **more}])
            # Not the whole URL: some receivers have a secret of theirs in it.
            self._record(connection, "set_webhook", group, f"to {urlsplit(url).netloc}")
        return is_new

    def replace_secret(self, group: Group, secret: str, now: datetime, old_until: datetime) -> None:
        with self._database.write() as connection:
            before = self._lock(connection, group)
            at_once = old_until <= now
            values = {
                "secret": self._seal(group.id, secret),
                "old_secret": None if at_once else before["secret"],
                "old_secret_until": None if at_once else old_until,
            }
            webhook_rows.change(connection, self._proofs, group.id, values)
            until = f"{old_until.astimezone(UTC).isoformat(timespec='seconds')}"
            detail = (
                "the secret before it signs no more" if at_once else f"the secret before it signs until {until}"
            )
            self._record(connection, "rotate_webhook_secret", group, detail)

    def start(self, group: Group) -> None:
        with self._database.write() as connection:
            self._lock(connection, group)
            webhook_rows.change(connection, self._proofs, group.id, {"stopped": ""})
            self._record(connection, "start_webhook", group)

    def remove(self, group: Group) -> None:
        with self._database.write() as connection:
            self._lock(connection, group)
            delivery_rows.delete_all_of(connection, group.id)
            self._proofs.delete(connection, WEBHOOKS, webhooks.c.group_id == group.id)
            self._record(connection, "remove_webhook", group)
        self._database.purge_deleted()

    def endpoint(self, group: Group, now: datetime) -> Endpoint:
        with self._database.read() as connection:
            existing(group_rows.group_version(connection, group.id))
            row = self._proofs.find(connection, WEBHOOKS, group.id)
            if row is None:
                raise _not_found()
            return self._endpoint(row, now)

    def claim(self, now: datetime, until: datetime, busy: Collection[int]) -> Delivery | None:
        while True:
            with self._database.read() as connection:
                if not delivery_rows.is_any_due(connection, now, busy):
                    return None
            with self._database.write() as connection:
                number = delivery_rows.claim(connection, now, until, busy)
            if number is None:
                return None
            with self._database.read() as connection:
                delivery = self._delivery(connection, number, now)
            if delivery is not None:
                return delivery
            with self._database.write() as connection:
                delivery_rows.delete_one(connection, number)

    def finish(self, delivery: Delivery, outcome: Outcome) -> None:
        group_key = delivery.group_id
        with self._database.write() as connection:
            if outcome.verdict is Verdict.STOPPED and not self._stop(connection, delivery):
                delivery_rows.put_off(connection, delivery.number, outcome.at)  # the receiver of now was not told
                return
            webhook_rows.note(connection, group_key, outcome)
            if outcome.verdict is Verdict.PUT_OFF:
                delivery_rows.put_off(connection, delivery.number, outcome.due_at)
            elif delivery_rows.delete_one(connection, delivery.number) and outcome.verdict is Verdict.GIVEN_UP:
                webhook_rows.count_given_up(connection, group_key, 1)

    def _stop(self, connection: Connection, delivery: Delivery) -> bool:
        """Stop the webhook, and give up all that waits for it; False if it no longer leads to that receiver."""
        group_key = delivery.group_id
        if group_rows.lock_group(connection, self._proofs, group_key) is None:
            return False
        there = self._proofs.lock(connection, WEBHOOKS, webhooks.c.group_id == group_key)
        if not there or self._open(group_key, there[0]["url"]) != delivery.endpoint.url:
            return False
        webhook_rows.change(connection, self._proofs, group_key, {"stopped": Stop.GONE.value})
        given_up = delivery_rows.delete_all_of(connection, group_key)
        webhook_rows.count_given_up(connection, group_key, given_up)
        app_id = connection.scalar(select(groups.c.app_id).where(groups.c.id == group_key))
        detail = "its receiver answered 410"
        self._journal.record(connection, "stop_webhook", app_id=app_id, group=delivery.group, detail=detail)
        return True

    def _delivery(self, connection: Connection, number: int, now: datetime) -> Delivery | None:
        """What is to be sent; None where there is nothing to be told any more."""
        row = delivery_rows.find(connection, self._proofs, number)
        if row is None:
            return None
        group_key = row["group_id"]
        webhook = self._proofs.find(connection, WEBHOOKS, group_key)
        settings = group_rows.settings_of(connection, self._proofs, group_key)
        about = self._about(connection, row)
        if webhook is None or webhook["stopped"] or not settings.recognition_event_days or about is None:
            return None
        named = select(apps.c.name, groups.c.name).join(groups, groups.c.app_id == apps.c.id)
        app, group = connection.execute(named.where(groups.c.id == group_key)).one()
        return Delivery(
            number=number,
            app=app,
            group=group,
            group_id=group_key,
            about=about,
            attempts=row["attempts"],
            endpoint=self._endpoint(webhook, now),
        )

    def _about(self, connection: Connection, row: Row) -> RecognitionEvent | Stranger | None:
        if row["event_id"] is None:
            return Stranger(row["uid"], row["at"], RecognitionKind(row["kind"]), row["liveness"], row["door"])
        event = event_rows.find(connection, self._proofs, row["event_id"])
        if event is None:
            return None
        people = [event["external_image_id"]] if event["external_image_id"] else []
        return event_rows.event_of(event, person_rows.names_of(connection, self._proofs, row["group_id"], people))

    def _endpoint(self, row: Row, now: datetime) -> Endpoint:
        until = row["old_secret_until"]
        sealed = [row["secret"]]
        if until is not None and now < until:
            sealed.append(row["old_secret"])
        group_key = row["group_id"]
        return Endpoint(self._open(group_key, row["url"]), tuple(self._open(group_key, each) for each in sealed))

    def _lock(self, connection: Connection, group: Group) -> Row:
        """The webhook's row, for this transaction alone to change it. Raises WEBHOOK_NOT_FOUND."""
        existing(group_rows.lock_group(connection, self._proofs, group.id))
        rows = self._proofs.lock(connection, WEBHOOKS, webhooks.c.group_id == group.id)
        if not rows:
            raise _not_found()
        return rows[0]

    def _seal(self, group_key: int, text: str) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, text.encode(), _bound_to(group_key))

    def _open(self, group_key: int, sealed: bytes) -> str:
        try:
            return self._aead.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound_to(group_key)).decode()
        except InvalidTag:
            raise altered(f"The webhook of group number {group_key}") from None

    def _record(self, connection: Connection, operation: str, group: Group, detail: str | None = None) -> None:
        self._journal.record(connection, operation, app_id=group.app_id, group=group.name, detail=detail)


def stop_webhooks(database: Database, proofs: Proofs) -> None:
    """Stop every webhook: where a backup is put in place, nobody knows whether the server it was of still runs."""
    with database.write() as connection:
        webhook_rows.stop_all(connection, proofs, Stop.RESTORED)


def _bound_to(group_key: int) -> bytes:
    return f"webhook of group {group_key}".encode()


def _not_found() -> ServiceError:
    return ServiceError(ErrorCode.WEBHOOK_NOT_FOUND, "The group has no webhook.")
