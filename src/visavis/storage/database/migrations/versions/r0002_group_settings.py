"""Settings of groups, tombstones of those deleted, and the dialects that an app does not speak."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NAME = sa.String(collation="C").with_variant(sa.String(), "sqlite")


def upgrade() -> None:
    # Added in place, no batch: a table made anew is dropped first, which takes the faces with it by cascade.
    op.add_column("apps", sa.Column("dialects_off", sa.String(), nullable=False, server_default=""))
    op.add_column("groups", sa.Column("liveness", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column(
        "groups", sa.Column("liveness_threshold", sa.Float(), nullable=False, server_default=sa.text("50.0"))
    )
    op.add_column("groups", sa.Column("similarity", sa.Float(), nullable=False, server_default=sa.text("90.0")))
    op.create_table(
        "tombstones",
        sa.Column("app_id", ID, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("deleted_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["app_id"], ["apps.id"], name="fk_tombstones_app_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("app_id", "name", name="pk_tombstones"),
    )
