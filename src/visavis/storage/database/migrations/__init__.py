"""Migrations of the schema by Alembic; `upgrade` brings a database to the latest one."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from visavis.errors import SetupError

NEWEST = "0022"
"""The last revision of the folder `versions`."""


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring the schema to a revision, the newest unless told, inside the transaction that `connection` has begun.

    Raises SetupError if the database was made by a newer version.
    """
    if _revision(connection) == NEWEST:
        return  # as nearly always, without a library that takes its time to import
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, revision)
    except CommandError as error:
        raise SetupError(
            "The database was made by a newer version of Visavis. Install that version, or restore a backup."
        ) from error


def _revision(connection: Connection) -> str | None:
    """The revision of the schema as it is; None if there is no schema yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision
