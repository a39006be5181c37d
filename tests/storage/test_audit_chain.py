"""The audit log's chain: whatever is done to the rows behind its back is noticed."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.storage.place import Place
from tests.storage.trails import event
from visavis.audit_events import AuditHead
from visavis.storage.audit.record_codec import AuditKeys
from visavis.storage.audit.verify import Verdict, verify
from visavis.storage.database.schema import AUDIT_COLUMNS
from visavis.storage.database.sqlite import SqliteDatabase
from visavis.storage.store import open_storage

KEY = bytes(range(32))
RECORDS = 8
COLUMNS = tuple(name for name in AUDIT_COLUMNS if name not in {"uid", "at"})

Tampering: TypeAlias = Callable[[sqlite3.Connection], None]


@dataclass(frozen=True)
class Log:
    """A log of a few records in a file that each test copies."""

    file: Path
    head: AuditHead
    keys: AuditKeys

    def verdict(self, tampering: Tampering, *, noted: bool = False) -> Verdict:
        copy = self.file.with_name("copy.db")
        for leftover in self.file.parent.glob("copy.db*"):
            leftover.unlink()
        shutil.copy(self.file, copy)
        with closing(sqlite3.connect(copy)) as connection, connection:
            tampering(connection)
        with closing(SqliteDatabase(copy)) as database:
            return verify(database, self.keys, [self.head] if noted else [], lambda _: None)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    folder = tmp_path_factory.mktemp("chain")
    with closing(open_storage(folder, KEY)) as storage:
        for number in range(RECORDS):
            storage.journal.add(event(number))
        storage.audit.advance(wait=True)
        head = storage.audit.head()
    with closing(sqlite3.connect(folder / "visavis.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Log(folder / "visavis.db", head, storage._audit_keys)


def untouched(_: sqlite3.Connection) -> None:
    pass


def test_a_log_that_nobody_touched_has_no_faults(log: Log) -> None:
    verdict = log.verdict(untouched, noted=True)
    assert verdict.faults == []
    assert verdict.head == log.head
    assert verdict.head.position == RECORDS


positions = st.integers(1, RECORDS)


values = st.one_of(st.none(), st.text("ab/1", max_size=4))


@given(position=positions, column=st.sampled_from(COLUMNS), value=values)
def test_a_record_that_was_changed_in_any_column_is_named(
    log: Log, position: int, column: str, value: str | None
) -> None:
    seen: list[Any] = []
    shown = f"SELECT {column} FROM audit WHERE position = ?"  # noqa: S608 - a name of ours

    def change(connection: sqlite3.Connection) -> None:
        seen.append(connection.execute(shown, (position,)).fetchone())
        needed = {"actor": "server", "operation": "o", "result": "internal", "effect": 2, "times": 5}
        new = needed.get(column, value)
        connection.execute(f"UPDATE audit SET {column} = ? WHERE position = ?", (new, position))  # noqa: S608
        seen.append(connection.execute(shown, (position,)).fetchone())

    faults = log.verdict(change).faults
    assert faults == ([f"Record {position} is not what was recorded there."] if seen[0] != seen[1] else [])


@given(position=positions, shift=st.booleans(), whole_tail=st.booleans())
def test_records_that_were_removed_are_missed(log: Log, position: int, shift: bool, whole_tail: bool) -> None:
    def remove(connection: sqlite3.Connection) -> None:
        last = RECORDS if whole_tail else position
        connection.execute("DELETE FROM audit WHERE position BETWEEN ? AND ?", (position, last))
        if shift:  # close the gap, so that the numbers look right
            connection.execute("UPDATE audit SET position = position - 1 WHERE position > ?", (position,))

    assert log.verdict(remove).faults


@given(pair=st.tuples(positions, positions).filter(lambda pair: pair[0] != pair[1]), links_too=st.booleans())
def test_records_that_changed_places_are_noticed(log: Log, pair: tuple[int, int], links_too: bool) -> None:
    def swap(connection: sqlite3.Connection) -> None:
        if links_too:
            for old, new in ((pair[0], -1), (pair[1], pair[0]), (-1, pair[1])):
                connection.execute("UPDATE audit SET position = ? WHERE position = ?", (new, old))
            return
        names = ", ".join(AUDIT_COLUMNS)
        rows = [
            connection.execute(f"SELECT {names} FROM audit WHERE position = ?", (at,)).fetchone()  # noqa: S608
            for at in pair
        ]
        for at, row in zip(reversed(pair), rows, strict=True):
            marks = ", ".join(f"{name} = ?" for name in AUDIT_COLUMNS)
            connection.execute(f"UPDATE audit SET {marks} WHERE position = ?", (*row, at))  # noqa: S608

    assert log.verdict(swap).faults


@given(source=positions, at=st.integers(1, RECORDS + 1))
def test_a_record_that_was_put_in_is_noticed(log: Log, source: int, at: int) -> None:
    def insert(connection: sqlite3.Connection) -> None:
        for position in range(RECORDS, at - 1, -1):
            connection.execute("UPDATE audit SET position = ? WHERE position = ?", (position + 1, position))
        names = ", ".join((*AUDIT_COLUMNS, "link"))
        shown = source + (source >= at)
        connection.execute(
            f"INSERT INTO audit (position, {names}) SELECT ?, {names} FROM audit WHERE position = ?",  # noqa: S608
            (at, shown),
        )

    assert log.verdict(insert).faults


@given(kept=st.integers(1, RECORDS - 1))
def test_an_end_that_was_cut_off_with_its_head_is_noticed_by_a_head_noted_before(log: Log, kept: int) -> None:
    def cut(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM audit WHERE position > ?", (kept,))
        (link,) = connection.execute("SELECT link FROM audit WHERE position = ?", (kept,)).fetchone()
        connection.execute("UPDATE meta SET value = ? WHERE key = 'audit head'", (kept.to_bytes(8, "big") + link,))

    assert log.verdict(cut).faults == []  # nothing in the database can tell
    assert log.verdict(cut, noted=True).faults == [
        f"The log was cut: it ends with record {kept} and had {RECORDS}."
    ]


def test_another_log_of_the_same_length_is_told_by_a_head_noted_before(log: Log) -> None:
    forged = Log(log.file, AuditHead(RECORDS, os.urandom(32)), log.keys)
    assert forged.verdict(untouched, noted=True).faults == [
        f"Record {RECORDS} is another than the one that was the head."
    ]


def test_a_beginning_that_was_cut_off_is_noticed_even_with_a_cut_made_up_for_it(log: Log) -> None:
    def cut(connection: sqlite3.Connection) -> None:
        (link,) = connection.execute("SELECT link FROM audit WHERE position = 3").fetchone()
        connection.execute("DELETE FROM audit WHERE position <= 3")
        value = (3).to_bytes(8, "big") + link + os.urandom(32)
        connection.execute("INSERT INTO meta VALUES ('audit cut', ?)", (value,))

    assert log.verdict(cut).faults[0] == "The note of where the log was cut was altered."


def test_a_record_without_our_seal_is_not_chained_but_reported(place: Place) -> None:
    with closing(place.open()) as storage:
        storage.journal.add(event(1))
        with storage.database.write() as connection:
            connection.exec_driver_sql("UPDATE audit_inbox SET operation = 'nothing'")
        storage.journal.add(event(2))
        verdict = storage.verify_audit([], lambda _: None)
        assert verdict.head.position == 1
        assert verdict.faults == ["1 records that wait to be chained were not made by this installation."]


def test_a_record_copied_back_into_the_inbox_is_noticed_as_double(place: Place) -> None:
    with closing(place.open()) as storage:
        storage.journal.add(event(1))
        with storage.database.read() as connection:
            waiting = [dict(row) for row in connection.exec_driver_sql("SELECT * FROM audit_inbox").mappings()]
        storage.audit.advance(wait=True)
        names = ", ".join(waiting[0])
        with storage.database.write() as connection:
            mark = "?" if connection.dialect.name == "sqlite" else "%s"
            marks = ", ".join([mark] * len(waiting[0]))
            connection.exec_driver_sql(
                f"INSERT INTO audit_inbox ({names}) VALUES ({marks})",  # noqa: S608
                tuple(waiting[0].values()),
            )
        assert storage.verify_audit([], lambda _: None).faults == ["Record 1 is there more than once."]
