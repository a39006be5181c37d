"""Holds the schema of a database against ours.

A trigger can undo a deletion or tell of it, a view can stand where a table was. Nothing here needs a key.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, text

from visavis.errors import SetupError
from visavis.storage.database.expected_schema import differing, expected_statements, statements_of
from visavis.storage.database.schema import metadata

_REVISION = "alembic_version"
_NUMBERS = "sqlite_sequence"

_POSTGRES = """
SELECT 'trigger' AS kind, tgname AS name FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
WHERE NOT tgisinternal AND relnamespace = current_schema()::regnamespace
UNION ALL
SELECT 'rule', rulename FROM pg_rules WHERE schemaname = current_schema()
UNION ALL
SELECT 'policy', policyname FROM pg_policies WHERE schemaname = current_schema()
UNION ALL
SELECT CASE relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'view' WHEN 'i' THEN 'index' ELSE 'table' END, relname
FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'v', 'm', 'f', 'p', 'i')
AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
"""
_POSTGRES_COLUMNS = """
SELECT table_name, column_name, is_generated FROM information_schema.columns WHERE table_schema = current_schema()
"""


def refuse_strangers(connection: Connection) -> None:
    """Raises SetupError if there is a trigger, view, table or index that is not ours."""
    found = list(strangers(connection))
    if found:
        raise SetupError(
            f"The database has objects that Visavis did not create: {', '.join(found)}. Find out who put "
            "them there; then drop them, or restore a backup."
        )


def strangers(connection: Connection) -> Iterator[str]:
    """Kind and name of whatever is in the schema and not ours, or missing from it."""
    there = _there(connection)
    ours = {("table", table) for table in metadata.tables} | {("table", _REVISION)}
    ours |= {("index", str(index.name)) for table in metadata.tables.values() for index in table.indexes}
    if connection.dialect.name == "sqlite":
        ours.add(("table", _NUMBERS))
    else:
        keys = {str(key.name) for table in metadata.tables.values() for key in table.constraints if key.name}
        ours |= {("index", name) for name in keys | {f"{_REVISION}_pkc"}} & there
    yield from (f"the {kind} {name}" for kind, name in sorted(there - ours))


def differences(connection: Connection) -> Iterator[str]:
    """A sentence for whatever is in the schema that is not ours, is missing from it, or is defined otherwise."""
    for stranger in strangers(connection):
        yield f"The database has {stranger}, which Visavis did not create."
    if connection.dialect.name == "sqlite":
        ours = expected_statements()
        for kind, name in differing(statements_of(connection), ours):
            if (kind, name) in ours:
                yield f"The schema has {name!r} in another form than Visavis creates it."
        return
    columns = {
        (table, column)
        for table, column, generated in connection.execute(text(_POSTGRES_COLUMNS))
        if generated == "NEVER"
    }
    expected = {(table.name, column.name) for table in metadata.tables.values() for column in table.c}
    there_too = {(table, column) for table, column in columns if table in metadata.tables}
    for table, column in sorted(expected ^ there_too):
        yield f"The table {table!r} has the column {column!r} in another form than Visavis creates it."


def _there(connection: Connection) -> set[tuple[str, str]]:
    if connection.dialect.name == "sqlite":
        return set(statements_of(connection))
    return {(kind, name) for kind, name in connection.execute(text(_POSTGRES))}
