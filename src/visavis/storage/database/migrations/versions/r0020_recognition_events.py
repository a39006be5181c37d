"""Recognition events: who was recognised when, and how many strangers there were."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column(
        "groups", sa.Column("recognition_event_days", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )
    op.create_table(
        "recognition_events",
        sa.Column("id", _ID, nullable=False),
        sa.Column("group_id", _ID, nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("face_id", sa.String(), nullable=False),
        sa.Column("external_image_id", sa.String(), nullable=True),
        sa.Column("similarity", sa.Float(), nullable=False),
        sa.Column("liveness", sa.Float(), nullable=True),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("door", sa.String(), nullable=False),
        sa.Column("tag", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_recognition_events"),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name="fk_recognition_events_group_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("uid", name="uq_recognition_events_uid"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_recognition_events_group_id_at", "recognition_events", ["group_id", "at"])
    op.create_index(
        "ix_recognition_events_group_id_external_image_id", "recognition_events", ["group_id", "external_image_id"]
    )
    op.create_table(
        "stranger_counts",
        sa.Column("group_id", _ID, nullable=False, autoincrement=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("door", sa.String(), nullable=False),
        sa.Column("count", _ID, nullable=False),
        sa.Column("tag", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "day", "door", name="pk_stranger_counts"),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name="fk_stranger_counts_group_id", ondelete="CASCADE"
        ),
    )
