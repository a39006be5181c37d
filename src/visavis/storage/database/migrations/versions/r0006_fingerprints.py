"""Fingerprints of the pictures that were imported, so that each is imported once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("faces", sa.Column("fingerprint", sa.LargeBinary()))
    with_one = sa.text("fingerprint IS NOT NULL")
    op.create_index(
        "ix_faces_fingerprint",
        "faces",
        ["group_id", "fingerprint"],
        sqlite_where=with_one,
        postgresql_where=with_one,
    )
