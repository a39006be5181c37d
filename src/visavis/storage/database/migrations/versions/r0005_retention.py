"""How long a group keeps its faces, and an index that finds those that have been there longer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column(
        "groups", sa.Column("retention_hours", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )
    op.create_index("ix_faces_group_id_created_at", "faces", ["group_id", "created_at"])
