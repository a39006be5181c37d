"""The audit log, and the inbox of records that are not in its chain yet."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("user_name", sa.String()),
        sa.Column("app_id", ID),
        sa.Column("app", sa.String()),
        sa.Column("key_id", ID),
        sa.Column("address", sa.String()),
        sa.Column("request_id", sa.String()),
        sa.Column("dialect", sa.String()),
        sa.Column("operation", sa.String(), nullable=False),
        sa.Column("effect", sa.Integer(), nullable=False),
        sa.Column("group_name", sa.String()),
        sa.Column("faces", sa.String()),
        sa.Column("detail", sa.String()),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
    )


def upgrade() -> None:
    op.create_table(
        "audit_inbox",
        *_columns(),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("uid", name="pk_audit_inbox"),
    )
    op.create_table(
        "audit",
        sa.Column("position", ID, nullable=False, autoincrement=False),
        *_columns(),
        sa.Column("link", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_app_position", "audit", ["app", "position"])
