"""Which master key wrapped the key of a group, and which servers have the next one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("groups", sa.Column("wrapped_by", sa.String(), nullable=False, server_default=""))
    op.create_table(
        "key_holders",
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("has_it", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("holder", name="pk_key_holders"),
    )
