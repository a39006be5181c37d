"""Numbers of keys are never given again, as those of apps and groups: the audit log names keys by them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return  # PostgreSQL gives none again
    op.drop_index("ix_keys_app_id", "keys")
    op.rename_table("keys", "older_keys")
    op.create_table(
        "keys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("app_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("retires_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["app_id"], ["apps.id"], name="fk_keys_app_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_keys"),
        sa.UniqueConstraint("kind", "hash", name="uq_keys_kind_hash"),
        sqlite_autoincrement=True,
    )
    columns = "id, app_id, kind, hash, created_at, retires_at"
    op.execute(f"INSERT INTO keys ({columns}) SELECT {columns} FROM older_keys")  # noqa: S608 - ours
    op.drop_table("older_keys")
    op.create_index("ix_keys_app_id", "keys", ["app_id"])
    last = op.get_bind().scalar(
        sa.text(
            "SELECT max(number) FROM (SELECT max(id) AS number FROM keys UNION ALL SELECT max(key_id) FROM audit "
            "UNION ALL SELECT max(key_id) FROM audit_inbox)"
        )
    )
    op.execute("DELETE FROM sqlite_sequence WHERE name = 'keys'")
    op.execute(f"INSERT INTO sqlite_sequence (name, seq) VALUES ('keys', {last or 0})")  # noqa: S608 - a number
