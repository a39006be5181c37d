"""Tags of rows and sets of rows, and the mark by which the next start knows that it has to make them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TAGGED = (
    "apps",
    "keys",
    "groups",
    "tombstones",
    "faces",
    "calibrations",
    "deletions",
    "users",
    "sessions",
    "invitations",
)


def upgrade() -> None:
    for table in TAGGED:
        op.add_column(table, sa.Column("tag", sa.LargeBinary()))
    op.add_column("groups", sa.Column("face_set", sa.LargeBinary()))
    op.create_table(
        "sets",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("owner", ID, nullable=False, autoincrement=False),
        sa.Column("version", ID, nullable=False),
        sa.Column("count", ID, nullable=False),
        sa.Column("total", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", "owner", name="pk_sets"),
    )
    meta = sa.table("meta", sa.column("key", sa.String()), sa.column("value", sa.LargeBinary()))
    if op.get_bind().execute(sa.select(meta.c.key).limit(1)).first() is not None:
        op.execute(meta.insert().values(key="rows without tags", value=b""))
