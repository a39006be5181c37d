"""Transactions on one SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import func, insert, select

from visavis.errors import ErrorCode, ServiceError, SetupError
from visavis.storage.database.direct import DirectStatement
from visavis.storage.database.schema import meta, metadata, tombstones
from visavis.storage.database.sqlite import SqliteDatabase
from visavis.storage.store import open_storage


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    opened = SqliteDatabase(tmp_path / "test.db")
    with opened.write() as connection:
        metadata.create_all(connection)
    yield opened
    opened.close()


def _put(database: SqliteDatabase, key: str, value: bytes = b"") -> None:
    with database.write() as connection:
        connection.execute(insert(meta).values(key=key, value=value))


def _count(database: SqliteDatabase) -> int | None:
    with database.read() as connection:
        return connection.scalar(select(func.count()).select_from(meta))


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("secure_delete", 1),
        ("busy_timeout", 30_000),
    ],
)
def test_every_connection_is_durable_and_deletes_for_real(
    database: SqliteDatabase, pragma: str, value: object
) -> None:
    with database.read() as reader, database.write() as writer:
        for connection in (reader, writer):
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


def test_a_reader_sees_one_snapshot(database: SqliteDatabase) -> None:
    with database.read() as reader:
        count = select(func.count()).select_from(meta)
        assert reader.scalar(count) == 0
        _put(database, "later")
        assert reader.scalar(count) == 0
    assert _count(database) == 1


def test_a_block_that_fails_leaves_nothing(database: SqliteDatabase) -> None:
    def fail() -> None:
        with database.write() as connection:
            connection.execute(insert(meta).values(key="half", value=b""))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert _count(database) == 0
    _put(database, "next")
    assert _count(database) == 1


def test_what_is_inserted_after_a_commit_that_failed_is_on_disk(database: SqliteDatabase, tmp_path: Path) -> None:
    def fail() -> None:
        with database.write() as connection:
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")  # so that COMMIT itself finds the fault
            connection.execute(insert(tombstones).values(app_id=1, name="lost", deleted_at=datetime.now(UTC)))

    with pytest.raises(ServiceError):
        fail()
    database.insert(DirectStatement(insert(meta)), {"key": "kept", "value": b""})
    with closing(sqlite3.connect(tmp_path / "test.db")) as other:
        assert other.execute("SELECT key FROM meta").fetchall() == [("kept",)]
        assert other.execute("SELECT name FROM tombstones").fetchall() == []


def test_writers_are_served_in_the_order_in_which_they_came(database: SqliteDatabase) -> None:
    served: list[int] = []
    queued = database._writer_lock._waiting

    def write(number: int) -> None:
        with database.write():
            served.append(number)

    with ThreadPoolExecutor(8) as pool, database.write():
        for number in range(8):
            pool.submit(write, number)
            while len(queued) <= number:
                Event().wait(0.001)
    assert served == list(range(8))


def test_a_locked_database_is_told_in_plain_words_and_may_pass(database: SqliteDatabase, tmp_path: Path) -> None:
    with database.read() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 0")
    with closing(sqlite3.connect(tmp_path / "test.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ServiceError) as caught:
            _put(database, "late")
    assert (caught.value.code, caught.value.detail) == (ErrorCode.OVERLOADED, "The database is busy.")
    _put(database, "in time")


def test_a_full_disk_is_told_in_plain_words_and_may_pass(database: SqliteDatabase) -> None:
    with database.read() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
    with pytest.raises(ServiceError) as caught:
        _put(database, "big", bytes(1_000_000))
    assert (caught.value.code, caught.value.detail) == (ErrorCode.OVERLOADED, "The disk of the database is full.")
    assert _count(database) == 0


def test_a_database_that_cannot_be_written_to_is_told_in_plain_words_and_may_pass(
    database: SqliteDatabase,
) -> None:
    with database.read() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")
    with pytest.raises(ServiceError) as caught:
        _put(database, "early")
    assert (caught.value.code, caught.value.detail) == (
        ErrorCode.OVERLOADED,
        "The database cannot be written to.",
    )
    with database.read() as connection:
        connection.exec_driver_sql("PRAGMA query_only = OFF")
    _put(database, "later")
    assert _count(database) == 1


def test_a_statement_that_fails_does_not_show_in_the_error(database: SqliteDatabase) -> None:
    _put(database, "twice", b"secret")
    with pytest.raises(ServiceError) as caught:
        _put(database, "twice", b"secret")
    assert caught.value.detail == "The database failed to carry out a request."
    assert "secret" not in repr(caught.value.__cause__)


def test_a_file_that_is_no_database_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "visavis.db").write_bytes(b"no database at all " * 100)
    with pytest.raises(SetupError, match=r"The database .*visavis\.db cannot be used: file is not a database\."):
        open_storage(tmp_path)


def test_a_data_directory_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(SetupError, match="cannot be used: File exists"):
        open_storage(tmp_path / "data")


def test_only_the_owner_can_read_what_is_kept(tmp_path: Path) -> None:
    storage = open_storage(tmp_path / "data")
    storage.apps.create_app("app", {})
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "data").iterdir()}
    storage.close()
    assert set(modes) == {"master.key", "visavis.db", "visavis.db-wal", "visavis.db-shm"}
    assert set(modes.values()) == {0o600}
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
