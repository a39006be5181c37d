"""After a deletion, no byte of a template is in a file, a backup or the index; sealed, plain, or as int8 codes."""

from __future__ import annotations

import logging
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select

from harness.postgres import Postgres
from harness.storage.faces import new_faces, unit_rows
from harness.storage.place import Place
from harness.storage.retagging import tag_anew
from tests.storage.conftest import OpenStorage, only_sqlite
from tests.storage.peer import SPAWN
from visavis.identities import App
from visavis.index.quantised import quantise
from visavis.storage.database.schema import faces as face_table
from visavis.storage.database.schema import groups as group_table
from visavis.storage.store import Storage
from visavis.transfer.backup.make import back_up
from visavis.transfer.checking import check_all
from visavis.types import Group, NewFace

pytestmark = pytest.mark.slow

WIDTH = 128


def files(folder: Path) -> bytes:
    return b"\0".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def sealed(storage: Storage) -> dict[str, bytes]:
    """The template of each face that is there."""
    with storage.database.read() as connection:
        rows = connection.execute(select(face_table.c.face_id, face_table.c.template))
        return {row.face_id: row.template for row in rows}


def plain(face: NewFace) -> bytes:
    """A piece of the float32 template that no other has."""
    return face.embedding[8:24].tobytes()


def codes(face: NewFace) -> bytes:
    """A piece of the int8 codes that searches look at first."""
    return quantise(face.embedding[None, :])[0][0, 8:56].tobytes()


@only_sqlite
@pytest.mark.parametrize("width", [16, 128, 640])
def test_faces_deleted_in_any_order_leave_nothing_in_any_file(
    width: int, storage: Storage, app: App, data_dir: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Pages split and merge as faces come and go, so that rows move within the file before they are deleted."""
    rng = random.Random(width)
    caplog.set_level(logging.DEBUG)
    groups = [storage.gallery.create_group(app, f"g{number}", "sface", quota=9) for number in range(3)]
    there: list[tuple[Group, NewFace]] = []
    gone: list[NewFace] = []
    known: dict[str, bytes] = {}
    for step in range(90):
        if rng.random() < 0.6 or len(there) < 10:
            group, faces = rng.choice(groups), new_faces(rng.randint(1, 9), width, seed=step)
            storage.gallery.add(group, faces, quota=10_000)
            there += [(group, face) for face in faces]
            known |= sealed(storage)
        else:
            for _ in range(3):
                group, face = there.pop(rng.randrange(len(there)))
                storage.gallery.delete_face(group, face.face_id)
                gone.append(face)
    archive = tmp_path / "backup.tar"
    back_up(storage, archive, lambda _: None)
    kept = known[there[0][1].face_id][-40:]
    for raw in (files(data_dir), archive.read_bytes()):
        assert kept in raw
        assert not any(known[face.face_id][-40:] in raw for face in gone)
        assert not any(plain(face) in raw or codes(face) in raw for face in gone)
    assert not any(known[face.face_id].hex() in caplog.text or plain(face).hex() in caplog.text for face in gone)


@only_sqlite
@pytest.mark.parametrize("what", ["group", "app", "expired"])
def test_what_goes_as_a_whole_leaves_nothing_in_any_file(
    what: str, storage: Storage, app: App, group: Group, data_dir: Path, tmp_path: Path
) -> None:
    stays = storage.apps.create_app("stays", {})
    other = storage.gallery.create_group(stays, "group", "sface", quota=9)
    storage.gallery.add(other, new_faces(40, WIDTH, seed=5), quota=100)
    faces = new_faces(120, WIDTH)
    storage.gallery.add(group, faces, quota=1000)
    storage.gallery.search(group, unit_rows(1, WIDTH, seed=9)[0], 5, -1.5)
    templates = sealed(storage)
    with storage.database.read() as connection:
        [key] = connection.scalars(select(group_table.c.wrapped_key).where(group_table.c.id == group.id))
    assert key[-30:] in files(data_dir)
    match what:
        case "group":
            storage.gallery.delete_group(group)
        case "app":
            storage.apps.delete_app(app)
        case "expired":
            with closing(sqlite3.connect(data_dir / "visavis.db")) as connection:
                connection.execute("UPDATE faces SET created_at = '2001-01-01 00:00:00.000000'")
                connection.commit()
            tag_anew(storage)
            storage.gallery.change_settings(group, {"retention_hours": 1})
            assert storage.gallery.delete_expired(group, 1000) == 120
    archive = tmp_path / "backup.tar"
    back_up(storage, archive, lambda _: None)
    for raw in (files(data_dir), archive.read_bytes()):
        assert not any(templates[face.face_id][-40:] in raw for face in faces)
        assert not any(plain(face) in raw or codes(face) in raw for face in faces)
        assert (key[-30:] in raw) == (what == "expired")


@only_sqlite
def test_a_log_that_a_reader_kept_from_being_emptied_is_emptied_later(
    storage: Storage, group: Group, data_dir: Path
) -> None:
    faces = new_faces(3, WIDTH)
    storage.gallery.add(group, faces, quota=10)
    template = sealed(storage)[faces[0].face_id]
    with storage.database.read() as reader:
        reader.execute(select(face_table.c.id)).all()
        storage.gallery.delete_face(group, faces[0].face_id)
        assert template[-40:] in files(data_dir)
    storage.tidy()
    assert template[-40:] not in files(data_dir)


@only_sqlite
def test_a_log_that_a_command_could_not_empty_is_emptied_by_the_server(
    storage: Storage, group: Group, data_dir: Path, open_again: OpenStorage
) -> None:
    faces = new_faces(3, WIDTH)
    storage.gallery.add(group, faces, quota=10)
    template = sealed(storage)[faces[0].face_id]
    storage.tidy()
    with storage.database.read() as reader:
        reader.execute(select(face_table.c.id)).all()
        with closing(open_again()) as command:
            command.gallery.delete_face(group, faces[0].face_id)
        assert template[-40:] in files(data_dir)
    storage.tidy()
    assert template[-40:] not in files(data_dir)


@only_sqlite
def test_a_log_that_a_killed_process_left_is_emptied_by_the_next(
    place: Place, group: Group, storage: Storage
) -> None:
    faces = new_faces(3, WIDTH)
    storage.gallery.add(group, faces, quota=10)
    template = sealed(storage)[faces[0].face_id]
    process = SPAWN.Process(target=delete_and_die, args=(place, group, faces[0].face_id))
    process.start()
    process.join()
    assert faces[0].face_id not in sealed(storage)
    assert template[-40:] in files(place.data_dir)
    with closing(place.open()) as another:
        another.tidy()
    assert template[-40:] not in files(place.data_dir)


def delete_and_die(place: Place, group: Group, face_id: str) -> None:
    """Killed between the commit and what follows it."""
    storage = place.open()
    storage.database.purge_deleted = lambda: SPAWN.current_process().kill()  # type: ignore[method-assign]
    storage.gallery.delete_face(group, face_id)


@pytest.fixture
def loaded(place: Place, storage: Storage, group: Group) -> Iterator[tuple[list[NewFace], int, Connection]]:
    """Faces, and a process that has them in memory and has seen nothing else of them: its id, a line to it."""
    faces = new_faces(200, WIDTH)
    storage.gallery.add(group, faces, quota=1000)
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=load_and_delete, args=(theirs, place, group))
    process.start()
    ours.recv()
    assert process.pid is not None
    yield faces, process.pid, ours
    process.kill()
    process.join()


def load_and_delete(connection: Connection, place: Place, group: Group) -> None:
    storage = place.open()
    storage.gallery.search(group, unit_rows(1, WIDTH, seed=77)[0], 5, -1.5)
    connection.send("loaded")
    for face_id in connection.recv():
        storage.gallery.delete_face(group, face_id)
    connection.send("deleted")
    connection.recv()


def memory(process: int) -> bytes:
    """All that a process can write to."""
    pieces = []
    try:
        with Path(f"/proc/{process}/mem").open("rb", 0) as content:
            for line in Path(f"/proc/{process}/maps").read_text().splitlines():
                span, rights, *_ = line.split()
                if rights.startswith("rw"):
                    first, end = (int(place, 16) for place in span.split("-"))
                    content.seek(first)
                    pieces.append(content.read(end - first))
    except (FileNotFoundError, PermissionError):
        pytest.skip("the memory of another process cannot be read here")
    return b"\0".join(pieces)


@only_sqlite
def test_a_deleted_face_is_nowhere_in_the_memory_of_the_process(
    loaded: tuple[list[NewFace], int, Connection],
) -> None:
    faces, process, line = loaded
    before = memory(process)
    assert all(plain(face) in before for face in faces)
    line.send([face.face_id for face in faces[:20]])
    line.recv()
    after = memory(process)
    assert not any(plain(face) in after or codes(face) in after for face in faces[:20])
    assert all(plain(face) in after for face in faces[20:])


def test_a_compacted_database_has_nothing_left_of_what_was_deleted(
    place: Place, storage: Storage, group: Group, request: pytest.FixtureRequest
) -> None:
    """The write-ahead log of PostgreSQL, which is its operator's, is left out."""
    faces = new_faces(60, WIDTH)
    storage.gallery.add(group, faces, quota=100)
    templates = sealed(storage)
    for face in faces[:50]:
        storage.gallery.delete_face(group, face.face_id)
    storage.compact()
    folder = place.data_dir
    if place.database_url is not None:
        postgres: Postgres = request.getfixturevalue("postgres")
        with psycopg.connect(postgres.url(), autocommit=True) as connection:
            connection.execute("CHECKPOINT")
        folder = postgres.data / "base"
    raw = files(folder)
    assert not any(templates[face.face_id][-40:] in raw for face in faces[:50])
    assert all(templates[face.face_id][-40:] in raw for face in faces[50:])
    assert check_all(storage.database, storage.keys, lambda _: None) == []
    assert len(storage.gallery.search(group, unit_rows(1, WIDTH)[0], 100, -1.5)) == 10
