"""How events get into the audit log: with the change that they tell of, or in a transaction of their own."""

from __future__ import annotations

import contextlib
import logging
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from harness.storage.faces import new_faces
from harness.storage.place import Place
from tests.storage.clocks import Clocks
from tests.storage.conftest import OpenStorage
from tests.storage.peer import SPAWN
from tests.storage.trails import event
from visavis.audit_events import AuditFilter, AuditRecord, Effect
from visavis.core.audit import Audit
from visavis.core.audit_upkeep import AuditUpkeep
from visavis.errors import ServiceError
from visavis.identities import App
from visavis.storage.store import Storage
from visavis.types import FaceFilter, Group

pytestmark = pytest.mark.slow

EVERYTHING = AuditFilter()


def log(storage: Storage, where: AuditFilter = EVERYTHING) -> list[AuditRecord]:
    """Oldest first, after a verification."""
    assert storage.verify_audit([], lambda _: None).faults == []
    return storage.audit.page(where, None, 10_000)[::-1]


def told(record: AuditRecord) -> tuple[str, str | None, tuple[str, ...]]:
    return record.event.operation, record.event.group, record.event.faces


def test_records_of_many_threads_and_processes_form_one_chain(storage: Storage, place: Place) -> None:
    with ProcessPoolExecutor(3, mp_context=SPAWN) as pool:
        runs = [pool.submit(add_events, place, 6, 25) for _ in range(3)]
        assert [run.result() for run in runs] == [150] * 3
    records = log(storage)
    assert [record.position for record in records] == list(range(1, 451))
    assert len({record.id for record in records}) == 450


def add_events(place: Place, threads: int, each: int) -> int:
    """Add events from threads, while two more chain what there is."""
    with closing(place.open()) as storage:

        def add(_: int) -> int:
            for number in range(each):
                storage.journal.add(event(number))
                storage.audit.advance()
            return each

        with ThreadPoolExecutor(threads) as pool:
            return sum(pool.map(add, range(threads)))


def test_what_a_killed_process_acknowledged_is_in_the_log_and_the_chain_is_whole(
    storage: Storage, app: App, group: Group, place: Place, open_again: OpenStorage
) -> None:
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=register_and_chain, args=(theirs, place))
    process.start()
    theirs.close()
    acknowledged = [ours.recv() for _ in range(40)]
    process.kill()
    with contextlib.suppress(EOFError):
        while True:
            acknowledged.append(ours.recv())
    process.join()
    recorded = {face for record in log(open_again()) for face in record.event.faces}
    assert set(acknowledged) <= recorded
    # Not one face without a record, and not one record without a face.
    assert recorded == {face.face_id for face in storage.gallery.list_faces(group, FaceFilter(), None, 100_000)}


def register_and_chain(connection: Connection, place: Place) -> None:
    storage = place.open()
    found = storage.apps.find_app("app")
    assert found is not None
    group = storage.gallery.require_group(found, "group")
    while True:
        [record] = storage.gallery.add(group, new_faces(1), quota=100_000)
        connection.send(record.face_id)
        storage.audit.advance()


def test_old_records_are_taken_away_and_the_rest_still_verifies(storage: Storage) -> None:
    for number in range(5):
        storage.journal.add(event(number))
    records = log(storage)
    assert storage.prune_audit(records[2].at) == 2
    left = log(storage)
    assert left[:3] == records[2:]
    assert left[3].event.operation == "audit_prune"
    assert left[3].event.detail is not None
    assert left[3].event.detail.startswith("2 records, up to 2:")
    assert storage.prune_audit(records[2].at) == 0
    assert storage.prune_audit(datetime.now(UTC) + timedelta(seconds=1)) == 4
    [last] = log(storage)
    assert last.position == 7


def test_a_head_noted_before_holds_after_a_pruning(storage: Storage) -> None:
    heads = []
    for number in range(4):
        storage.journal.add(event(number))
        storage.audit.advance(wait=True)
        heads.append(storage.audit.head())
    storage.prune_audit(log(storage)[2].at)
    assert storage.verify_audit(heads, lambda _: None).faults == []


def test_a_server_notices_that_the_log_was_cut_while_it_runs(
    storage: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(4):
        storage.journal.add(event(number))
    storage.audit.advance(wait=True)
    with storage.database.write() as connection:
        link = connection.exec_driver_sql("SELECT link FROM audit WHERE position = 2").scalar_one()
        connection.exec_driver_sql("DELETE FROM audit WHERE position > 2")
        mark = "?" if connection.dialect.name == "sqlite" else "%s"
        value = (2).to_bytes(8, "big") + bytes(link)
        connection.exec_driver_sql(f"UPDATE meta SET value = {mark} WHERE key = 'audit head'", (value,))  # noqa: S608
    storage.journal.add(event(4))
    storage.audit.advance(wait=True)
    assert [record.levelname for record in caplog.records] == ["CRITICAL"]
    assert "was cut or replaced" in caplog.text


def test_the_log_outlives_what_it_speaks_of_and_holds_nothing_of_a_face_but_its_id(
    storage: Storage, app: App, group: Group, data_dir: Path
) -> None:
    faces = new_faces(3)
    stored = storage.gallery.add(group, faces, quota=10)
    templates = [face.embedding.tobytes() for face in faces]
    storage.apps.delete_app(app)
    records = log(storage)
    assert tuple(face.face_id for face in stored) in {record.event.faces for record in records}
    with storage.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM audit").all()
    for value in (value for row in rows for value in row):
        shown = value.encode() if isinstance(value, str) else bytes(value) if isinstance(value, bytes) else b""
        assert not any(template[:16] in shown for template in templates)
        assert len(shown) <= 255


def test_records_that_cannot_be_put_on_disk_are_an_error_for_each_that_waits(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with storage.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE audit_inbox RENAME TO elsewhere")

    def attempt(number: int) -> bool:
        try:
            storage.journal.add(event(number))
        except ServiceError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert not any(pool.map(attempt, range(24)))
    with storage.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO audit_inbox")
    assert attempt(1)
    assert len(log(storage)) == 1


def keeping(storage: Storage, clocks: Clocks, keep: timedelta) -> AuditUpkeep:
    audit = Audit(storage.journal, storage.audit, lambda: clocks.wall, Effect.USE)
    return AuditUpkeep(audit, storage.prune_audit, keep, lambda: clocks.wall, lambda: clocks.seconds)


def test_records_leave_the_log_when_they_are_old(storage: Storage) -> None:
    storage.journal.add(event())
    clocks = Clocks()
    upkeep = keeping(storage, clocks, timedelta(days=30))
    upkeep.run_once()
    assert len(log(storage)) == 1
    clocks.pass_by(31 * 86400)
    upkeep.run_once()
    assert [record.event.operation for record in log(storage)] == ["audit_prune"]


def test_a_clock_that_leaps_ahead_takes_nothing_out_of_the_log(storage: Storage) -> None:
    storage.journal.add(event())
    clocks = Clocks()
    upkeep = keeping(storage, clocks, timedelta(days=30))
    for leap in (1e8, 0, -1e8):
        clocks.pass_by(1800, leap=leap)
        upkeep.run_once()
        assert [record.event for record in log(storage)] == [event()]


def test_the_head_is_told_each_hour_whatever_the_clock_says(
    storage: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    clocks = Clocks()
    upkeep = keeping(storage, clocks, timedelta(days=30))
    with caplog.at_level(logging.INFO, "visavis.core.audit_upkeep"):
        for leap in (0, 1e8, -1e8):
            clocks.pass_by(3600, leap=leap)
            upkeep.run_once()
    assert len([message for message in caplog.messages if "The audit log ends at" in message]) == 3
