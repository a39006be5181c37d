"""Names of persons."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "persons",
        sa.Column("group_id", _ID, nullable=False, autoincrement=False),
        sa.Column("external_image_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("tag", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "external_image_id", name="pk_persons"),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name="fk_persons_group_id", ondelete="CASCADE"),
    )
    op.create_index("ix_persons_group_id_name", "persons", ["group_id", "name"])
