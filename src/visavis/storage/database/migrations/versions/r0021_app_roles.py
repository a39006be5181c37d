"""Roles of members in apps. Accounts and invitations of before have none, and keep the rights of their role."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    for table in ("users", "invitations"):
        op.add_column(table, sa.Column("app_roles", sa.String(), nullable=False, server_default=""))
