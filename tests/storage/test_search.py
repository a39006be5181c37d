"""Searches: exact, and up to date with every write that was acknowledged."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import numpy as np
import pytest
from sqlalchemy import delete, event

from harness.storage.faces import new_face, new_faces, unit_rows
from harness.storage.place import Place
from tests.storage.conftest import OpenStorage
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import App
from visavis.storage.database import schema
from visavis.storage.store import Storage
from visavis.types import FaceRecord, Group, NewFace


def _ids(matches: Sequence[tuple[FaceRecord, float]]) -> list[str]:
    return [face.face_id for face, _ in matches]


def test_another_opening_of_the_same_data_agrees(storage: Storage, group: Group, open_again: OpenStorage) -> None:
    other = open_again()
    faces = new_faces(6)
    for number, face in enumerate(faces):
        writer, reader = (storage, other) if number % 2 else (other, storage)
        writer.gallery.add(group, [face], quota=10)
        assert _ids(reader.gallery.search(group, face.embedding, 1, 0.9)) == [face.face_id]
    for number, face in enumerate(faces):
        writer, reader = (storage, other) if number % 2 else (other, storage)
        writer.gallery.delete_face(group, face.face_id)
        assert reader.gallery.search(group, face.embedding, 1, 0.9) == []


@pytest.mark.slow
def test_a_reader_too_far_behind_to_follow_starts_over(
    storage: Storage, group: Group, open_again: OpenStorage
) -> None:
    behind = open_again()
    early = new_faces(3, width=2)
    storage.gallery.add(group, early, quota=100_000)
    assert len(behind.gallery.search(group, early[0].embedding, 10, -1.5)) == 3
    storage.gallery.delete_face(group, early[0].face_id)
    many = new_faces(10_100, width=2)
    storage.gallery.add(group, many, quota=100_000)
    storage.gallery.delete_face(group, many[0].face_id)  # drops the word of the first deletion
    with storage.database.read() as connection:
        assert connection.exec_driver_sql("SELECT sequence FROM deletions").scalars().all() == [5]
    left = {face.face_id for face in [*early[1:], *many[1:]]}
    assert set(_ids(behind.gallery.search(group, early[0].embedding, 20_000, -1.5))) == left


def test_templates_that_were_tampered_with_fail_the_search_loudly(
    storage: Storage, group: Group, open_again: OpenStorage
) -> None:
    faces = new_faces(2)
    storage.gallery.add(group, faces, quota=10)
    with storage.database.write() as connection:
        connection.exec_driver_sql("UPDATE faces SET template = (SELECT template FROM faces ORDER BY id LIMIT 1)")
    with pytest.raises(ServiceError) as caught:
        open_again().gallery.search(group, faces[0].embedding, 1, 0.0)
    assert (caught.value.code, "altered" in caught.value.detail) == (ErrorCode.INTERNAL, True)


def test_memory_is_bounded_and_every_group_still_answers(place: Place) -> None:
    bound = 3 * 300 * 128 * 4
    storage = place.open(max_loaded_bytes=bound)
    app = storage.apps.create_app("app", {})
    groups = [storage.gallery.create_group(app, f"g{number}", "sface", quota=100) for number in range(6)]
    for seed, group in enumerate(groups):
        storage.gallery.add(group, new_faces(200, seed=seed), quota=1000)
    for _ in range(2):
        for seed, group in enumerate(groups):
            probe = unit_rows(200, seed=seed)[9]
            [(_, cosine)] = storage.gallery.search(group, probe, 1, 0.9)
            assert cosine == pytest.approx(1.0)
            assert sum(loaded.index.nbytes for loaded in storage.index_cache._by_key.values()) <= bound
    storage.close()


def test_groups_deleted_elsewhere_leave_the_memory(
    storage: Storage, app: App, group: Group, open_again: OpenStorage
) -> None:
    other = storage.gallery.create_group(app, "other", "sface", quota=10)
    for each in (group, other):
        storage.gallery.add(each, new_faces(3), quota=10)
        storage.gallery.search(each, unit_rows(1)[0], 1, -1.0)
    rows = storage.index_cache.snapshot(group, 0).parts[0].rows
    assert rows.any()
    open_again().gallery.delete_group(group)
    storage.gallery.add(other, new_faces(1), quota=10)
    storage.gallery.search(other, unit_rows(1)[0], 1, -1.0)
    assert list(storage.index_cache._by_key) == [(other.id, "sface")]
    assert not rows.any()


def _add_and_delete(storage: Storage, group: Group, standing: list[NewFace]) -> list[list[str]]:
    """Add faces and delete every third one; what the searches for those just deleted found."""
    found = []
    for number, row in enumerate(unit_rows(90)):
        face = new_face(row)
        storage.gallery.add(group, [face], quota=1000)
        standing.append(face)
        if number % 3 == 2:
            gone = standing.pop(number // 3)
            storage.gallery.delete_face(group, gone.face_id)
            found.append(_ids(storage.gallery.search(group, gone.embedding, 1, 0.9)))
    return found


def _search_until(done: Event, storage: Storage, group: Group, standing: list[NewFace]) -> tuple[int, list[str]]:
    """How many searches for faces that stand there were made, and what those found that were wrong."""
    count, wrong = 0, []
    choose = np.random.default_rng(0)
    while not done.is_set():
        for face in standing[-1:] + standing[: int(choose.integers(1, 9))][-1:]:
            found = _ids(storage.gallery.search(group, face.embedding, 1, 0.9))
            count += 1
            if found != [face.face_id] and (found or face in standing):
                wrong += found or ["nothing"]
    return count, wrong


@pytest.mark.slow
def test_searches_beside_a_writer_see_all_that_was_acknowledged(
    storage: Storage, group: Group, open_again: OpenStorage
) -> None:
    other, standing, done = open_again(), list[NewFace](), Event()
    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(_search_until, done, where, group, standing) for where in (storage, other, other)]
        try:
            assert _add_and_delete(storage, group, standing) == [[]] * 30
        finally:
            done.set()
    for reader in readers:
        count, wrong = reader.result()
        assert wrong == []
        assert count > 10


def test_a_search_whose_best_face_vanished_without_a_word_says_so(storage: Storage, group: Group) -> None:
    faces = new_faces(3)
    storage.gallery.add(group, faces, quota=10)
    storage.gallery.search(group, faces[0].embedding, 3, -1.5)
    with storage.database.write() as connection:
        connection.execute(delete(schema.faces).where(schema.faces.c.face_id == faces[0].face_id))
    with pytest.raises(ServiceError, match="The set of faces of the group 'group' was altered"):
        storage.gallery.search(group, faces[0].embedding, 2, -1.5)


def test_a_group_is_loaded_once_for_all_that_ask_at_once(
    storage: Storage, group: Group, open_again: OpenStorage
) -> None:
    faces = new_faces(3000)
    storage.gallery.add(group, faces, quota=10_000)
    other, loads, start = open_again(), list[str](), Barrier(6)

    def note(_: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "faces.template" in statement:
            loads.append(statement)

    def search(number: int) -> bool:
        start.wait()
        return _ids(other.gallery.search(group, faces[number].embedding, 1, 0.9)) == [faces[number].face_id]

    with other.database.read() as connection:
        event.listen(connection.engine, "before_cursor_execute", note)
    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(search, range(6)))
    assert len(loads) == 1
