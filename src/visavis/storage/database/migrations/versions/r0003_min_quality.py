"""The minimum quality of the faces that a group takes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("groups", sa.Column("min_quality", sa.Float(), nullable=False, server_default=sa.text("0.0")))
