"""A PostgreSQL that is slow, full or gone is a clean error, and no longer one once it is back."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import bindparam, func, select, text

from harness.postgres import Postgres, running_postgres
from harness.postgres_tap import tapped
from harness.servers import free_port
from harness.storage.faces import new_faces
from harness.storage.place import Place
from visavis.errors import ErrorCode, ServiceError, SetupError
from visavis.storage.database import migrations, postgresql
from visavis.storage.database.direct import DirectStatement
from visavis.storage.database.postgresql import PostgresDatabase
from visavis.storage.database.schema import metadata
from visavis.storage.store import open_storage

pytestmark = pytest.mark.slow


@pytest.fixture
def database(postgres: Postgres) -> Iterator[PostgresDatabase]:
    opened = PostgresDatabase(postgres.new_database(), connections=2)
    yield opened
    opened.close()


def test_a_reader_sees_one_snapshot_and_cannot_write(database: PostgresDatabase) -> None:
    with database.write() as connection:
        connection.execute(text("CREATE TABLE numbers (number integer)"))
    with database.read() as reader:
        assert reader.scalar(text("SELECT count(*) FROM numbers")) == 0
        with database.write() as writer:
            writer.execute(text("INSERT INTO numbers VALUES (1)"))
        assert reader.scalar(text("SELECT count(*) FROM numbers")) == 0
    with pytest.raises(ServiceError), database.read() as reader:
        reader.execute(text("INSERT INTO numbers VALUES (2)"))


def test_names_are_ordered_by_code_points_whatever_the_order_of_the_database(
    database: PostgresDatabase,
) -> None:
    collations = text(
        "SELECT attrelid::regclass::text || '.' || attname, collname FROM pg_attribute"
        " JOIN pg_collation ON pg_collation.oid = attcollation WHERE attname = 'name'"
        " AND attrelid IN ('apps'::regclass, 'groups'::regclass, 'tombstones'::regclass)"
    )
    with database.set_up() as connection:
        migrations.upgrade(connection)
        assert set(connection.execute(collations)) == {
            ("apps.name", "C"),
            ("groups.name", "C"),
            ("tombstones.name", "C"),
        }


def test_the_migrated_tables_are_those_the_code_uses(database: PostgresDatabase) -> None:
    columns = text(
        "SELECT table_name, column_name, data_type, is_nullable, coalesce(column_default, '')"
        " FROM information_schema.columns"
        " WHERE table_schema = current_schema() AND table_name <> 'alembic_version'"
    )
    with database.set_up() as connection:
        migrations.upgrade(connection)
        migrated = set(connection.execute(columns))
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
        metadata.create_all(connection)
        assert set(connection.execute(columns)) == migrated


def test_when_all_connections_are_in_use_the_next_is_told_to_try_again(
    database: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database._engine.pool, "_timeout", 0.1)
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(database.read())
        with pytest.raises(ServiceError) as caught:
            stack.enter_context(database.read())
    assert caught.value.code is ErrorCode.OVERLOADED
    with database.read() as connection:
        assert connection.scalar(text("SELECT 1")) == 1


def test_a_statement_that_fails_does_not_show_in_the_error(database: PostgresDatabase) -> None:
    with pytest.raises(ServiceError) as caught, database.write() as connection:
        connection.execute(text("SELECT * FROM nowhere WHERE secret = :secret"), {"secret": "do not tell"})
    assert caught.value.detail == "The database failed to carry out a request."
    assert "do not tell" not in repr(caught.value.__cause__)


def test_a_connection_cut_in_the_middle_is_an_error_and_the_next_one_works(
    database: PostgresDatabase, postgres: Postgres
) -> None:
    def cut() -> None:
        with database.write() as connection:
            pid = connection.scalar(text("SELECT pg_backend_pid()"))
            with psycopg.connect(postgres.url(), autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s)", (pid,))
            connection.execute(text("SELECT 1"))

    with pytest.raises(ServiceError) as caught:
        cut()
    assert caught.value.code is ErrorCode.INTERNAL
    with database.read() as connection:
        assert connection.scalar(text("SELECT 1")) == 1


def test_a_look_up_is_made_again_when_its_connection_is_lost(database: PostgresDatabase) -> None:
    own = func.pg_backend_pid()
    [[pid]] = database.fetch(DirectStatement(select(own)), {})
    end_of_that = DirectStatement(select(func.pg_terminate_backend(own)).where(own == bindparam("pid")))
    assert database.fetch(end_of_that, {"pid": pid}) == []  # where there was nothing to end any more
    with pytest.raises(ServiceError) as caught:
        database.fetch(DirectStatement(select(func.pg_terminate_backend(own))), {})
    assert (caught.value.code, caught.value.detail) == (ErrorCode.OVERLOADED, "The database cannot be reached.")
    assert len(database.fetch(DirectStatement(select(own)), {})) == 1


def test_a_connection_is_asked_whether_it_lives_only_after_a_while(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = DirectStatement(select(1))
    with tapped(postgres.new_database()) as (url, traffic):
        database = PostgresDatabase(url, connections=1)
        database.fetch(one, {})
        traffic.clear()
        database.fetch(one, {})
        assert traffic.round_trips == 1
        monkeypatch.setattr(postgresql, "_TRUSTED_S", 0.0)
        database.fetch(one, {})
        assert traffic.round_trips == 3
        database.close()


def test_a_restart_is_survived_with_everything_acknowledged(data_dir: Path) -> None:
    with running_postgres() as server:
        storage = Place(data_dir, server.new_database()).open()
        app = storage.apps.create_app("app", {})
        group = storage.gallery.create_group(app, "group", "sface", 10)
        faces = new_faces(3)
        storage.gallery.add(group, faces, quota=10)
        server.stop("immediate")
        with pytest.raises(ServiceError) as caught:
            storage.gallery.require_group(app, "group")
        assert (caught.value.code, caught.value.detail) == (
            ErrorCode.OVERLOADED,
            "The database cannot be reached.",
        )
        server.start()
        assert storage.gallery.require_group(app, "group").face_count == 3
        found = storage.gallery.search(group, faces[1].embedding, 1, 0.9)
        assert [face.face_id for face, _ in found] == [faces[1].face_id]
        storage.close()


def test_writers_of_one_group_do_not_take_the_connections_of_others(data_dir: Path, postgres: Postgres) -> None:
    url, connections = postgres.new_database(), 4
    storage = open_storage(data_dir, database_url=url, database_connections=connections)
    app = storage.apps.create_app("app", {})
    busy, calm = (storage.gallery.create_group(app, name, "sface", 10) for name in ("busy", "calm"))
    with ThreadPoolExecutor(20) as pool:
        with psycopg.connect(url) as other:
            other.execute("SELECT 1 FROM groups WHERE name = 'busy' FOR UPDATE")
            stuck = [pool.submit(storage.gallery.add, busy, new_faces(1), 100) for _ in range(5 * connections)]
            face = new_faces(1)[0]
            storage.gallery.add(calm, [face], quota=10)
            assert len(storage.gallery.search(calm, face.embedding, 1, 0.9)) == 1
            assert not any(added.done() for added in stuck)
        assert sum(len(added.result()) for added in stuck) == 5 * connections
    assert storage.gallery.require_group(app, "busy").face_count == 5 * connections
    storage.close()


def test_a_url_that_cannot_be_read_or_reached_stops_the_start(data_dir: Path) -> None:
    for url in ("no url at all", "sqlite:///file.db"):
        with pytest.raises(SetupError, match=r"begins with postgresql://"):
            Place(data_dir, url).open()
    port = free_port()
    with pytest.raises(SetupError, match=rf"^The PostgreSQL at 127\.0\.0\.1, port {port}, cannot be used: "):
        Place(data_dir, f"postgresql://visavis:hidden@127.0.0.1:{port}/none").open()


def test_a_password_is_in_no_error_and_no_log(data_dir: Path, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(SetupError) as caught:
        Place(data_dir, f"postgresql://visavis:hidden@127.0.0.1:{free_port()}/none").open()
    assert "hidden" not in caplog.text + repr(caught.value)
