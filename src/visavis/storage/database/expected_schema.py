"""What a SQLite database of ours is made of, by the statements that make it: a trigger could act in our name."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import TypeAlias

from sqlalchemy import Connection, create_engine

from visavis.errors import SetupError
from visavis.storage.database import migrations

Statements: TypeAlias = dict[tuple[str, str], list[str]]
"""By kind and name: the parts of the statement that made it, sorted, since columns are added in any order."""

_STATEMENTS = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
_BETWEEN_PARTS = re.compile(r"\n|,(?![^()]*\))")
_SPACE = re.compile(r"[ \t\n]+")
"""What we write between words. Other white space is none of ours."""
_OF_ANALYZE = {("table", "sqlite_stat1"), ("table", "sqlite_stat4")}


def strange_parts(file: Path) -> list[str]:
    """What the database has, lacks, or has otherwise than one of its revision, such as "trigger t".

    The file is read and not changed, and nothing in it is run. Raises SetupError if it is of a newer version, or
    no database.
    """
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute("PRAGMA trusted_schema = OFF")
            revisions = connection.execute("SELECT version_num FROM alembic_version").fetchall()
            there = _statements(connection.execute(_STATEMENTS))
    except sqlite3.Error as error:
        raise SetupError(f"Its database cannot be read: {error}.") from error
    ours = expected_statements(str(revisions[0][0]) if len(revisions) == 1 else "base")
    return [" ".join(part) for part in differing(there, ours)]


def differing(there: Statements, ours: Statements) -> list[tuple[str, str]]:
    """Kind and name of what one has and the other has not, or otherwise."""
    return sorted(part for part in there.keys() | ours.keys() if there.get(part) != ours.get(part))


def statements_of(connection: Connection) -> Statements:
    """What this database was made with."""
    return _statements(tuple(row) for row in connection.exec_driver_sql(_STATEMENTS))


def expected_statements(revision: str = migrations.NEWEST) -> Statements:
    """What a database of a revision is made with. Raises SetupError if a newer version made it."""
    engine = create_engine("sqlite://")
    try:
        with engine.begin() as connection:
            migrations.upgrade(connection, revision)
            return statements_of(connection)
    finally:
        engine.dispose()


def _statements(rows: Iterable[tuple[str, str, str]]) -> Statements:
    return {(kind, name): _parts(sql) for kind, name, sql in rows if (kind, name) not in _OF_ANALYZE}


def _parts(sql: str) -> list[str]:
    return sorted(filter(None, (_SPACE.sub(" ", part).strip(" ") for part in _BETWEEN_PARTS.split(sql))))
