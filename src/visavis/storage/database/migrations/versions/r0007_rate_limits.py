"""How many requests an app may send."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("apps", sa.Column("rate_limit", sa.String(), nullable=False, server_default=""))
