"""All SQL statements on deliveries to webhooks. They go with their event, their group and their webhook."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from visavis.storage.database.column_types import Row
from visavis.storage.database.schema import webhook_deliveries
from visavis.storage.proof.alteration import altered
from visavis.storage.proof.records import Proofs

_deliveries = webhook_deliveries.c


def add(connection: Connection, proofs: Proofs, values: Mapping[str, object]) -> None:
    """Let something wait that is due at once. Its number is part of its tag, so the tag comes second."""
    new = {**values, "due_at": values["at"], "attempts": 0, "tag": b""}
    statement = insert(webhook_deliveries).values(**new).returning(*webhook_deliveries.c)
    row = connection.execute(statement).mappings().one()
    tag = proofs.tags.make(webhook_deliveries, row)
    connection.execute(update(webhook_deliveries).where(_deliveries.id == row["id"]).values(tag=tag))


def is_any_due(connection: Connection, now: datetime, busy: Collection[int]) -> bool:
    """Whether something is due, of no group in `busy`."""
    due = select(_deliveries.id).where(_deliveries.due_at <= now, _deliveries.group_id.not_in(busy))
    return connection.scalar(due.limit(1)) is not None


def claim(connection: Connection, now: datetime, until: datetime, busy: Collection[int]) -> int | None:
    """Put the delivery that is due longest off until then, and count an attempt; return its number.

    One that another transaction is about to claim is passed over.
    """
    due = select(_deliveries.id).where(_deliveries.due_at <= now, _deliveries.group_id.not_in(busy))
    number = connection.scalar(due.order_by(_deliveries.due_at).limit(1).with_for_update(skip_locked=True))
    if number is not None:
        here = update(webhook_deliveries).where(_deliveries.id == number)
        connection.execute(here.values(due_at=until, attempts=_deliveries.attempts + 1))
    return number


def find(connection: Connection, proofs: Proofs, number: int) -> Row | None:
    """The row of a delivery; None if there is none. Raises INTERNAL if it was altered."""
    statement = select(webhook_deliveries).where(_deliveries.id == number)
    row = connection.execute(statement).mappings().one_or_none()
    if row is not None and not proofs.tags.fits(webhook_deliveries, row):
        raise altered(f"The delivery {number} to a webhook")
    return row


def put_off(connection: Connection, number: int, due_at: datetime) -> None:
    connection.execute(update(webhook_deliveries).where(_deliveries.id == number).values(due_at=due_at))


def delete_one(connection: Connection, number: int) -> bool:
    """Delete a delivery; whether it was there."""
    return bool(connection.execute(delete(webhook_deliveries).where(_deliveries.id == number)).rowcount)


def delete_all_of(connection: Connection, group_key: int) -> int:
    """Delete all that waits for the webhook of a group; how many deliveries."""
    return connection.execute(delete(webhook_deliveries).where(_deliveries.group_id == group_key)).rowcount


def count(connection: Connection, group_key: int) -> int:
    """How many wait for the webhook of a group."""
    return connection.execute(select(func.count()).where(_deliveries.group_id == group_key)).scalar_one()
