"""A database of an older version is brought up to date where it lies."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from harness.storage.faces import new_face, unit_rows
from tests.storage.conftest import OpenStorage, only_sqlite, owner
from tests.storage.trails import CLIENT, event
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import App, KeyKind
from visavis.storage.database import migrations
from visavis.storage.database.sqlite import SqliteDatabase
from visavis.storage.store import Storage
from visavis.types import FaceFilter, Group, GroupSettings

pytestmark = pytest.mark.slow


def _as_of(revision: str, path: Path) -> None:
    """Put the rows of the database into one of an older revision, which takes its place."""
    older = path.with_name("older.db")
    database = SqliteDatabase(older)
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent).replace("%", "%%"))
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    database.close()
    with closing(sqlite3.connect(older)) as connection:
        connection.execute("ATTACH ? AS newer", (str(path),))
        tables = connection.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            if table not in {"alembic_version", "sqlite_sequence"}:
                names = ", ".join(f'"{row[1]}"' for row in connection.execute(f"PRAGMA main.table_info({table})"))
                connection.execute(f"INSERT INTO main.{table} ({names}) SELECT {names} FROM newer.{table}")  # noqa: S608 - ours
        connection.commit()
    older.replace(path)
    (path.parent / "anchor").unlink()  # which would say that it is older


def _columns(path: Path) -> dict[str, set[str]]:
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: {row[1] for row in connection.execute(f"PRAGMA table_info({name})")} for name in tables}


@only_sqlite
def test_what_the_first_version_stored_is_found_after_the_upgrade(
    storage: Storage, app: App, data_dir: Path, open_again: OpenStorage
) -> None:
    storage.apps.add_keys(app, {KeyKind.APP_KEY: "app-key"}, datetime.now(UTC))
    groups: list[Group] = []
    made = [new_face(row, external_image_id=f"e{number}") for number, row in enumerate(unit_rows(6))]
    for name, faces in (("g1", made[:4]), ("g2", made[4:])):
        group = storage.gallery.create_group(app, name, "sface", quota=10)
        storage.gallery.add(group, faces, quota=10)
        storage.gallery.delete_face(group, faces[0].face_id)
        groups.append(storage.gallery.require_group(app, name))
    listed = [storage.gallery.list_faces(group, FaceFilter(), None, 10) for group in groups]
    storage.close()
    _as_of("0001", data_dir / "visavis.db")
    before = _columns(data_dir / "visavis.db")
    assert "tombstones" not in before
    assert not before["groups"] & {"liveness", "liveness_threshold", "similarity", "min_quality"}
    assert "dialects_off" not in before["apps"]

    upgraded = open_again()
    assert owner(upgraded.apps, KeyKind.APP_KEY, "app-key", datetime.now(UTC)) == app
    assert app.dialects_off == frozenset()
    assert upgraded.gallery.list_groups(app, None, 10) == groups
    assert [group.settings for group in groups] == [GroupSettings()] * 2
    assert [upgraded.gallery.list_faces(group, FaceFilter(), None, 10) for group in groups] == listed
    for group, faces in zip(groups, (made[1:4], made[5:]), strict=True):
        for face in faces:
            assert upgraded.gallery.open_template(group, face.face_id).tobytes() == face.embedding.tobytes()
            [(best, _)] = upgraded.gallery.search(group, face.embedding, 1, 0.9)
            assert best.face_id == face.face_id
    with closing(sqlite3.connect(data_dir / "visavis.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


@only_sqlite
def test_an_upgraded_database_goes_on_as_any_other(
    storage: Storage, app: App, group: Group, data_dir: Path, open_again: OpenStorage
) -> None:
    storage.close()
    _as_of("0001", data_dir / "visavis.db")
    upgraded = open_again()
    settings = GroupSettings(liveness=True, liveness_threshold=10.0, similarity=80.0, min_quality=40.0)
    assert upgraded.gallery.change_settings(group, asdict(settings)).settings == settings
    upgraded.gallery.delete_group(group)
    with pytest.raises(ServiceError) as caught:
        upgraded.gallery.require_group(app, "group")
    assert caught.value.code is ErrorCode.GROUP_DELETED
    assert upgraded.gallery.create_group(app, "group", "sface", quota=1).id > group.id
    assert upgraded.apps.change_dialects(app, lambda _: frozenset({"v1"})).dialects_off == {"v1"}


@only_sqlite
def test_groups_keep_their_settings_and_ask_for_no_quality_where_there_was_none(
    storage: Storage, app: App, group: Group, data_dir: Path, open_again: OpenStorage
) -> None:
    settings = GroupSettings(liveness=True, liveness_threshold=10.0, similarity=80.0, min_quality=40.0)
    storage.gallery.change_settings(group, asdict(settings))
    storage.close()
    _as_of("0002", data_dir / "visavis.db")
    assert "min_quality" not in _columns(data_dir / "visavis.db")["groups"]
    assert open_again().gallery.require_group(app, "group").settings == replace(settings, min_quality=0.0)


@only_sqlite
def test_after_the_upgrade_no_key_gets_a_number_that_the_audit_log_has_for_another(
    storage: Storage, app: App, data_dir: Path, open_again: OpenStorage
) -> None:
    storage.apps.add_keys(app, {KeyKind.APP_KEY: "kept", KeyKind.API_KEY: "gone"}, datetime.now(UTC))
    kept, gone = storage.apps.list_keys(app)
    storage.journal.add(replace(event(), actor=replace(CLIENT, key_id=gone.id)))
    storage.apps.delete_keys(app, [gone.id])
    storage.audit.advance()
    storage.close()
    _as_of("0010", data_dir / "visavis.db")
    upgraded = open_again()
    upgraded.apps.add_keys(app, {KeyKind.SECRET_KEY: "new"}, datetime.now(UTC))
    assert [key.id for key in upgraded.apps.list_keys(app)] == [kept.id, gone.id + 1]
    assert owner(upgraded.apps, KeyKind.APP_KEY, "kept", datetime.now(UTC)) == app
