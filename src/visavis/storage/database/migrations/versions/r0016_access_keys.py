"""User access keys and access tokens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_NAME = sa.String(collation="C").with_variant(sa.String(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "access_keys",
        sa.Column("id", _ID, nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("name", _NAME, nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("old_secret", sa.LargeBinary(), nullable=True),
        sa.Column("old_secret_until", sa.DateTime(), nullable=True),
        sa.Column("apps", sa.String(), nullable=True),
        sa.Column("lifetime_seconds", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("tag", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_access_keys"),
        sa.UniqueConstraint("key_id", name="uq_access_keys_key_id"),
        sa.UniqueConstraint("name", name="uq_access_keys_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "access_tokens",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("access_key_id", _ID, nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("tag", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("hash", name="pk_access_tokens"),
        sa.ForeignKeyConstraint(
            ["access_key_id"], ["access_keys.id"], name="fk_access_tokens_access_key_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_access_tokens_expires_at", "access_tokens", ["expires_at"])
    op.create_index("ix_access_tokens_access_key_id_created_at", "access_tokens", ["access_key_id", "created_at"])
