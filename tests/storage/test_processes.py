"""Several processes on one data directory, and one that dies."""

from __future__ import annotations

import contextlib
import sqlite3
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing

import pytest

from harness.storage.faces import new_faces
from harness.storage.place import Place
from tests.storage.conftest import OpenStorage
from tests.storage.peer import SPAWN, add_one_by_one, add_until_killed, peer
from visavis.errors import ErrorCode
from visavis.identities import App
from visavis.storage.store import Storage
from visavis.types import FaceFilter, Group

pytestmark = pytest.mark.slow


def test_the_face_quota_is_exact_over_processes_and_threads(
    storage: Storage, app: App, group: Group, place: Place
) -> None:
    with ProcessPoolExecutor(2, mp_context=SPAWN) as pool:
        runs = [pool.submit(add_one_by_one, place, 80, 100) for _ in range(2)]
        outcomes = [run.result() for run in runs]
    stored = [face_id for ids, _ in outcomes for face_id in ids]
    assert len(stored) == 100
    assert sum(refused for _, refused in outcomes) == 60
    listed = storage.gallery.list_faces(group, FaceFilter(), None, 200)
    assert {face.face_id for face in listed} == set(stored)
    assert storage.gallery.require_group(app, "group").face_count == len(listed) == 100


def test_two_processes_agree_on_every_search(storage: Storage, app: App, group: Group, place: Place) -> None:
    faces = new_faces(12)
    with peer(place) as other:
        for number, face in enumerate(faces):
            if number % 2:
                storage.gallery.add(group, [face], 100)
            else:
                other.call("add", group, [face], 100)
            theirs = other.call("search", group, face.embedding, 100, -1.5)
            assert theirs == storage.gallery.search(group, face.embedding, 100, -1.5)
            assert theirs[0][0].face_id == face.face_id
        for number, face in enumerate(faces[:6]):
            if number % 2:
                storage.gallery.delete_face(group, face.face_id)
            else:
                other.call("delete_face", group, face.face_id)
            theirs = other.call("search", group, face.embedding, 100, -1.5)
            assert theirs == storage.gallery.search(group, face.embedding, 100, -1.5)
            assert len(theirs) == 11 - number
        storage.gallery.delete_group(group)
        assert other.call("search", group, faces[0].embedding, 100, -1.5) is ErrorCode.GROUP_NOT_FOUND
        again = other.call("create_group", app, "group", "sface", 10)
        assert storage.gallery.require_group(app, "group") == again
        assert storage.gallery.search(again, faces[0].embedding, 100, -1.5) == []


def test_a_process_killed_in_the_middle_loses_nothing_that_it_acknowledged(
    storage: Storage, app: App, group: Group, place: Place, open_again: OpenStorage
) -> None:
    storage.close()
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=add_until_killed, args=(theirs, place))
    process.start()
    theirs.close()
    acknowledged = [ours.recv() for _ in range(60)]
    process.kill()
    with contextlib.suppress(EOFError):
        while True:
            acknowledged.append(ours.recv())
    process.join()

    gallery = open_again().gallery
    listed = gallery.list_faces(group, FaceFilter(), None, 100_000)
    assert set(acknowledged) <= {face.face_id for face in listed}
    assert gallery.require_group(app, "group").face_count == len(listed)
    for face in listed:
        gallery.open_template(group, face.face_id)
    if place.database_url is None:
        with closing(sqlite3.connect(place.data_dir / "visavis.db")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert len(gallery.add(group, new_faces(1), quota=100_000)) == 1
