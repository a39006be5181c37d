"""Holds the schema of a SQLite file against ours: a trigger or a view could act in our name."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import create_engine

from visavis.errors import SetupError
from visavis.storage.database import migrations

_STATEMENTS = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
_BETWEEN_PARTS = re.compile(r"\n|,(?![^()]*\))")


def strange_parts(file: Path) -> list[str]:
    """What the database has, lacks, or has otherwise than one of its revision, such as "trigger t".

    The file is read and not changed, and nothing in it is run. Raises SetupError if it is of a newer version, or
    no database.
    """
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute("PRAGMA trusted_schema = OFF")
            revisions = connection.execute("SELECT version_num FROM alembic_version").fetchall()
            there = _statements(connection.execute(_STATEMENTS).fetchall())
    except sqlite3.Error as error:
        raise SetupError(f"Its database cannot be read: {error}.") from error
    revision = revisions[0][0] if len(revisions) == 1 else ""
    ours = _made_anew(str(revision))
    return sorted(" ".join(part) for part in there.keys() | ours.keys() if there.get(part) != ours.get(part))


_Statements = dict[tuple[str, str], list[str]]
"""By kind and name: the parts of the statement that made it, sorted, since columns are added in any order."""


def _made_anew(revision: str) -> _Statements:
    engine = create_engine("sqlite://")
    try:
        with engine.begin() as connection:
            migrations.upgrade(connection, revision or "base")
            return _statements([tuple(row) for row in connection.exec_driver_sql(_STATEMENTS)])
    finally:
        engine.dispose()


def _statements(rows: list[tuple[str, str, str]]) -> _Statements:
    return {(kind, name): _parts(sql) for kind, name, sql in rows if not name.startswith("sqlite_stat")}


def _parts(sql: str) -> list[str]:
    return sorted(filter(None, (" ".join(part.split()) for part in _BETWEEN_PARTS.split(sql))))
