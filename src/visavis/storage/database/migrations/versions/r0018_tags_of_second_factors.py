"""Tags of second factors and recovery codes, the mark that lets the next start make them, and wrong codes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0016"

_MARK = "rows without tags"


def upgrade() -> None:
    for table in ("second_factors", "recovery_codes"):
        op.add_column(table, sa.Column("tag", sa.LargeBinary()))
    op.add_column(
        "second_factors", sa.Column("wrong_codes", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )
    meta = sa.table("meta", sa.column("key", sa.String()), sa.column("value", sa.LargeBinary()))
    names = set(op.get_bind().scalars(sa.select(meta.c.key)))
    if names and _MARK not in names:
        op.execute(meta.insert().values(key=_MARK, value=b""))
