"""All SQL statements on webhooks, whose rows are in a set of their own."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, select, update

from visavis.storage.database.column_types import Row
from visavis.storage.database.schema import groups, webhook_deliveries, webhooks
from visavis.storage.proof.record_sets import WEBHOOKS
from visavis.storage.proof.records import Proofs
from visavis.webhooks import Outcome, Stop


def is_at_work(connection: Connection, proofs: Proofs, group_key: int) -> bool:
    """Whether the group has a webhook that is not stopped; in a write transaction. Raises INTERNAL if altered."""
    statement = select(webhooks).where(webhooks.c.group_id == group_key)
    row = connection.execute(statement).mappings().one_or_none()
    return row is not None and not proofs.require_tag(WEBHOOKS, row)["stopped"]


def change(connection: Connection, proofs: Proofs, group_key: int, values: Row) -> bool:
    """Change the webhook of a group that is locked; whether there is one."""
    return bool(proofs.update(connection, WEBHOOKS, webhooks.c.group_id == group_key, values))


def note(connection: Connection, group_key: int, outcome: Outcome) -> None:
    """Note the last attempt, for people to see."""
    values = {"tried_at": outcome.at, "result": outcome.result}
    connection.execute(update(webhooks).where(webhooks.c.group_id == group_key).values(**values))


def count_given_up(connection: Connection, group_key: int, count: int) -> None:
    statement = update(webhooks).where(webhooks.c.group_id == group_key)
    connection.execute(statement.values(given_up=webhooks.c.given_up + count))


def delete_of(connection: Connection, proofs: Proofs, which: ColumnElement[bool]) -> None:
    """Delete the webhooks of the groups that `which`, a condition on groups, selects.

    Before the groups, since a cascade would leave the webhooks in their set. The groups are locked first, as by
    everybody who changes a webhook.
    """
    connection.execute(select(groups.c.id).where(which).order_by(groups.c.id).with_for_update())
    proofs.delete(connection, WEBHOOKS, webhooks.c.group_id.in_(select(groups.c.id).where(which)))


def stop_all(connection: Connection, proofs: Proofs, reason: Stop) -> int:
    """Stop every webhook that is at work and delete what waits; how many were stopped."""
    connection.execute(webhook_deliveries.delete())
    return len(proofs.update(connection, WEBHOOKS, webhooks.c.stopped == "", {"stopped": reason.value}))
