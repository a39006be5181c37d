"""Webhooks of groups, what waits to be delivered to them, and the gap between two events of a person at a door."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MARK = "rows without tags"


def upgrade() -> None:
    op.add_column(
        "groups",
        sa.Column("recognition_event_gap_seconds", sa.Integer(), nullable=False, server_default=sa.text("60")),
    )
    op.add_column("stranger_counts", sa.Column("notified_at", sa.DateTime(), nullable=True))
    op.create_table(
        "webhooks",
        sa.Column("group_id", _ID, nullable=False, autoincrement=False),
        sa.Column("url", sa.LargeBinary(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("old_secret", sa.LargeBinary(), nullable=True),
        sa.Column("old_secret_until", sa.DateTime(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("stopped", sa.String(), nullable=False),
        sa.Column("tried_at", sa.DateTime(), nullable=True),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("given_up", _ID, nullable=False),
        sa.Column("tag", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("group_id", name="pk_webhooks"),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name="fk_webhooks_group_id", ondelete="CASCADE"),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", _ID, nullable=False),
        sa.Column("group_id", _ID, nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("event_id", _ID, nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("liveness", sa.Float(), nullable=True),
        sa.Column("door", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tag", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_deliveries"),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name="fk_webhook_deliveries_group_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["recognition_events.id"],
            name="fk_webhook_deliveries_event_id",
            ondelete="CASCADE",
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_webhook_deliveries_group_id", "webhook_deliveries", ["group_id"])
    op.create_index("ix_webhook_deliveries_event_id", "webhook_deliveries", ["event_id"])
    op.create_index("ix_webhook_deliveries_due_at", "webhook_deliveries", ["due_at"])
    meta = sa.table("meta", sa.column("key", sa.String()), sa.column("value", sa.LargeBinary()))
    names = set(op.get_bind().scalars(sa.select(meta.c.key)))
    if names and _MARK not in names:  # the set of webhooks is begun by the next start
        op.execute(meta.insert().values(key=_MARK, value=b""))
