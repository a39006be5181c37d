"""Similarity scales fitted on this installation's own faces."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "calibrations",
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("knots", sa.String(), nullable=False),
        sa.Column("measured_on", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("model", name="pk_calibrations"),
    )
