"""Databases that have the schema and nothing else: copied, for migrating each one takes longer than most tests."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

from harness.postgres import Postgres
from harness.storage.place import Place
from visavis.storage.database import migrations
from visavis.storage.database.connection import Database
from visavis.storage.database.postgresql import PostgresDatabase
from visavis.storage.database.sqlite import SqliteDatabase
from visavis.storage.store import DATABASE_FILE


class Blanks:
    """Makes places whose first start finds the schema, but no key and no record."""

    def __init__(self, folder: Path) -> None:
        """`folder` is an empty one, where the databases to copy are kept."""
        self._file = folder / DATABASE_FILE
        self._database: str | None = None

    def on_sqlite(self, data_dir: Path) -> Place:
        """A place in this directory, which must not exist."""
        if not self._file.exists():
            _migrate(SqliteDatabase(self._file))
        data_dir.mkdir(mode=0o700)
        shutil.copy(self._file, data_dir)
        return Place(data_dir)

    def on_postgres(self, data_dir: Path, server: Postgres) -> Place:
        """A place with a database of this server, the same one at each call."""
        if self._database is None:
            url = server.new_database()
            _migrate(PostgresDatabase(url, connections=1))
            self._database = url.rpartition("/")[2]
        return Place(data_dir, server.new_database(self._database))


def _migrate(database: Database) -> None:
    with closing(database), database.set_up() as connection:
        migrations.upgrade(connection)
