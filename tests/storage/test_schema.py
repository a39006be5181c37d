"""The schema: one truth in two spellings, and what it promises about ids."""

from __future__ import annotations

import re
import sqlite3
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from harness.storage.place import Place
from tests.storage.conftest import OpenStorage, only_sqlite
from tests.storage.peer import SPAWN, open_and_close
from visavis.errors import SetupError
from visavis.identities import App, KeyKind
from visavis.storage.database.schema import metadata
from visavis.storage.store import Storage

pytestmark = pytest.mark.slow


def _statements(database: Path) -> set[str]:
    """What the database was made with, but for Alembic's own table, columns and constraints in any order."""
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute(
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'alembic_version'"
        )
        parts = [re.split(r"\n|,(?![^()]*\))", sql) for (sql,) in rows]
    return {"\n".join(sorted(filter(None, (part.strip() for part in statement)))) for statement in parts}


@only_sqlite
def test_the_migrated_schema_is_the_one_the_code_uses(storage: Storage, data_dir: Path, tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'made.db'}")
    metadata.create_all(engine)
    engine.dispose()
    assert _statements(data_dir / "visavis.db") == _statements(tmp_path / "made.db")


@only_sqlite
def test_alembic_sees_nothing_left_to_migrate(storage: Storage, data_dir: Path) -> None:
    engine = create_engine(f"sqlite:///{data_dir / 'visavis.db'}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_processes_that_start_at_once_make_one_database_and_one_key(tmp_path: Path) -> None:
    with ProcessPoolExecutor(3, mp_context=SPAWN) as pool:
        for attempt in range(8):
            token_keys = set(pool.map(open_and_close, [Place(tmp_path / str(attempt))] * 3))
            assert len(token_keys) == 1
            there = {path.name for path in (tmp_path / str(attempt)).iterdir()}
            # Of two that close at once, neither is the last, which would take the log of SQLite away.
            assert there - {"visavis.db-shm", "visavis.db-wal"} == {"anchor", "master.key", "visavis.db"}


@only_sqlite
def test_a_database_of_a_newer_version_is_refused(
    storage: Storage, data_dir: Path, open_again: OpenStorage
) -> None:
    with closing(sqlite3.connect(data_dir / "visavis.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(SetupError, match="newer version"):
        open_again()


def test_ids_of_deleted_apps_groups_and_keys_are_never_given_again(storage: Storage) -> None:
    seen_apps, seen_groups, seen_keys = [], [], []
    for _ in range(3):
        app: App = storage.apps.create_app("app", {KeyKind.APP_KEY: "key"})
        [key] = storage.apps.list_keys(app)
        seen_keys.append(key.id)
        group = storage.gallery.create_group(app, "group", "sface", quota=1)
        seen_apps.append(app.id)
        seen_groups.append(group.id)
        storage.gallery.delete_group(group)
        seen_groups.append(storage.gallery.create_group(app, "group", "sface", quota=1).id)
        storage.apps.delete_app(app)
    assert seen_apps == sorted(set(seen_apps))
    assert seen_groups == sorted(set(seen_groups))
    assert seen_keys == sorted(set(seen_keys))
