"""The minimum comparability of faces that a group registers and matches."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    least = sa.Column("min_comparability", sa.Float(), nullable=False, server_default=sa.text("50.0"))
    op.add_column("groups", least)
