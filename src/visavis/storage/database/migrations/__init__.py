"""Migrations of the schema by Alembic; `upgrade` brings a database to the latest one."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

from visavis.errors import SetupError


def upgrade(connection: Connection) -> None:
    """Bring the schema to the newest revision, inside the write transaction that `connection` has begun.

    Raises SetupError if the database was made by a newer version.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise SetupError(
            "The database was made by a newer version of Visavis. Install that version, or restore a backup."
        ) from error
