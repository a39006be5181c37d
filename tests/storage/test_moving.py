"""A group moves to another model of the same networks: all of it or nothing, and nobody is told wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Event
from time import sleep

import pytest

from harness.storage.place import Place
from harness.storage.recipes import NEW, OLD, OTHER, embedded, faces_by
from tests.storage.archives import exported, restore
from tests.storage.conftest import OpenStorage, only_sqlite
from tests.storage.peer import SPAWN
from tests.storage.test_audit_journal import log, told
from tests.storage.test_deletion_bytes import files, sealed
from visavis.errors import ErrorCode, GroupMoved, ServiceError, SetupError
from visavis.identities import App
from visavis.storage.store import Storage
from visavis.transfer.checking import check_all
from visavis.types import Embedding, FaceFilter, Group, NewFace

pytestmark = pytest.mark.slow

EVERY = FaceFilter()
COUNT = 700


@pytest.fixture
def group(storage: Storage, app: App) -> Group:
    return storage.gallery.create_group(app, "group", OLD.name, quota=10)


@pytest.fixture
def faces(storage: Storage, group: Group) -> list[NewFace]:
    """More than are converted at a time, one of them deleted."""
    made = faces_by(OLD, COUNT)
    storage.gallery.add(group, made, 10_000)
    storage.gallery.delete_face(group, made[7].face_id)
    return made


def move(storage: Storage, group: Group, model: str = NEW.name) -> Group:
    return storage.gallery.change_model(group, model, lambda _: None)


def best(storage: Storage, group: Group, probe: Embedding) -> str:
    """The id of the face that is found first, which must be that of the probe."""
    [(face, cosine)] = storage.gallery.search(group, probe, 1, -1.0)
    assert cosine > 0.9999
    return face.face_id


def assert_has_moved(storage: Storage, group: Group, faces: list[NewFace]) -> None:
    """Every face is there as a new registration would have made it, and found by that."""
    there = {face.face_id for face in storage.gallery.list_faces(group, EVERY, None, 10_000)}
    wanted = embedded(NEW, COUNT)
    assert there == {face.face_id for face in faces} - {faces[7].face_id}
    for number, face in enumerate(faces):
        if face.face_id in there:
            assert storage.gallery.open_template(group, face.face_id) @ wanted[number] > 0.9999
    for number in (0, 8, COUNT - 1):
        assert best(storage, group, wanted[number]) == faces[number].face_id
    assert check_all(storage.database, storage.keys, lambda _: None) == []


def test_every_face_is_what_a_new_registration_would_have_made(
    storage: Storage, app: App, group: Group, faces: list[NewFace]
) -> None:
    before = storage.gallery.list_faces(group, EVERY, None, 10_000)
    said: list[int] = []
    moved = storage.gallery.change_model(group, NEW.name, said.append)
    assert moved == replace(group, model=NEW.name, face_count=COUNT - 1)
    assert storage.gallery.require_group(app, "group") == moved
    assert sum(said) == COUNT - 1
    assert storage.gallery.list_faces(moved, EVERY, None, 10_000) == before
    assert_has_moved(storage, moved, faces)


def test_who_comes_with_the_old_model_is_sent_back_and_never_answered(
    storage: Storage, group: Group, faces: list[NewFace]
) -> None:
    probe = embedded(OLD, COUNT)[0]
    assert best(storage, group, probe) == faces[0].face_id
    moved = move(storage, group)
    with pytest.raises(GroupMoved) as sent_back:
        storage.gallery.search(group, probe, 1, -1.0)
    assert sent_back.value.code is ErrorCode.OVERLOADED
    with pytest.raises(GroupMoved):
        storage.gallery.open_template(group, faces[0].face_id)
    with pytest.raises(GroupMoved):  # as a search does that had begun before
        storage.index_cache.snapshot(group, COUNT + 2)
    assert_has_moved(storage, moved, faces)
    assert list(storage.index_cache._by_key) == [(group.id, NEW.name)]


def test_faces_that_arrive_with_the_old_model_are_converted_before_they_are_stored(
    storage: Storage, group: Group, faces: list[NewFace]
) -> None:
    moved = move(storage, group)
    late = faces_by(OLD, 3, seed=1)
    storage.gallery.add(group, late[:1], 10_000)
    marked = [replace(face, fingerprint=face.face_id.encode()) for face in late[1:]]
    storage.gallery.add_unless_there(group, marked, 10_000)
    for face, wanted in zip(late, embedded(NEW, 3, seed=1), strict=True):
        assert storage.gallery.open_template(moved, face.face_id) @ wanted > 0.9999
        assert best(storage, moved, wanted) == face.face_id


def test_another_node_that_has_the_group_in_memory_follows(
    storage: Storage, group: Group, faces: list[NewFace], open_again: OpenStorage
) -> None:
    other = open_again()
    best(other, group, embedded(OLD, COUNT)[0])
    old_rows = other.index_cache.snapshot(group, 0).parts[0].rows
    assert old_rows.any()
    moved = move(storage, group)
    with pytest.raises(GroupMoved):
        other.gallery.search(group, embedded(OLD, COUNT)[0], 1, -1.0)
    assert_has_moved(other, moved, faces)
    assert list(other.index_cache._by_key) == [(group.id, NEW.name)]
    assert not old_rows.any()
    late = faces_by(NEW, 1, seed=3)
    other.gallery.add(moved, late, 10_000)
    other.gallery.delete_face(moved, faces[0].face_id)
    assert best(storage, moved, late[0].embedding) == late[0].face_id
    assert storage.gallery.search(moved, embedded(NEW, COUNT)[0], 1, 0.9999) == []


def test_a_group_that_moves_away_and_back_is_read_in_anew(
    storage: Storage, group: Group, faces: list[NewFace], open_again: OpenStorage
) -> None:
    other = open_again()
    probe = embedded(OLD, COUNT)[0]
    best(other, group, probe)
    before = other.index_cache.snapshot(group, 0)
    back = move(storage, move(storage, group), OLD.name)
    assert back == replace(group, face_count=COUNT - 1)
    assert best(other, back, probe) == faces[0].face_id
    assert other.index_cache.snapshot(back, 0).parts[0].block is not before.parts[0].block


def test_searches_and_registrations_go_on_and_none_is_told_wrong(
    storage: Storage, app: App, group: Group, faces: list[NewFace], open_again: OpenStorage
) -> None:
    """Searches as requests make them: the group, then the probe by its model, then the search, or all again."""
    nodes, stop = (storage, open_again()), Event()
    probes = {card.name: embedded(card, COUNT) for card in (OLD, NEW)}
    added: list[tuple[int, str]] = []

    def search(thread: int) -> int:
        node, searches, number = nodes[thread % 2].gallery, 0, 8 + thread
        while not stop.is_set():
            there = node.require_group(app, "group")
            sleep(0.001 * (thread % 3))
            try:
                [(face, cosine)] = node.search(there, probes[there.model][number], 1, -1.0)
            except GroupMoved:
                continue
            assert face.face_id == faces[number].face_id
            assert cosine > 0.9999
            searches += 1
        return searches

    def register(thread: int) -> None:
        node, seed = nodes[thread % 2].gallery, 1_000_000 * (thread + 1)
        while not stop.is_set():
            there = node.require_group(app, "group")
            card = OLD if there.model == OLD.name else NEW
            sleep(0.002)
            [record] = node.add(there, faces_by(card, 1, seed), 100_000)
            added.append((seed, record.face_id))
            seed += 1

    with ThreadPoolExecutor(8) as pool:
        searching = [pool.submit(search, thread) for thread in range(5)]
        registering = [pool.submit(register, thread) for thread in range(2)]
        try:
            for number in range(8):
                move(nodes[number % 2], group, (NEW, OLD)[number % 2].name)
                sleep(0.1)
            moved = move(storage, group)
        finally:
            stop.set()
        assert all(searched.result() for searched in searching)
        assert [registered.result() for registered in registering] == [None, None]
    assert len(added) > 10
    assert storage.gallery.require_group(app, "group").face_count == COUNT - 1 + len(added)
    for seed, face_id in added:
        assert storage.gallery.open_template(moved, face_id) @ embedded(NEW, 1, seed)[0] > 0.999
    assert check_all(storage.database, storage.keys, lambda _: None) == []


def _move_and_stop_half_way(connection: Connection, place: Place) -> None:
    storage = place.open()
    app = storage.apps.find_app("app")
    assert app is not None

    def stop(_: int) -> None:
        connection.send("half way")
        sleep(600)

    storage.gallery.change_model(storage.gallery.require_group(app, "group"), NEW.name, stop)


def test_a_move_that_is_killed_half_way_has_changed_nothing_and_can_be_made_again(
    storage: Storage, app: App, group: Group, faces: list[NewFace], place: Place
) -> None:
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=_move_and_stop_half_way, args=(theirs, place))
    process.start()
    theirs.close()
    assert ours.recv() == "half way"
    probe = embedded(OLD, COUNT)[0]
    assert best(storage, group, probe) == faces[0].face_id  # searches do not wait
    process.kill()
    process.join()
    assert storage.gallery.require_group(app, "group").model == OLD.name
    for face in faces[:5]:
        assert storage.gallery.open_template(group, face.face_id).tobytes() == face.embedding.tobytes()
    assert "upgrade_group" not in {record.event.operation for record in log(storage)}
    assert check_all(storage.database, storage.keys, lambda _: None) == []
    assert_has_moved(storage, move(storage, group), faces)


def test_a_move_is_on_record_with_both_models(storage: Storage, group: Group, faces: list[NewFace]) -> None:
    move(storage, group)
    last = log(storage)[-1]
    assert told(last) == ("upgrade_group", "group", ())
    assert last.event.detail == "from old to new"


def test_a_group_that_has_the_model_already_stays_as_it_is(storage: Storage, group: Group) -> None:
    storage.gallery.add(group, faces_by(OLD, 3), 10)
    before, templates = log(storage), sealed(storage)
    assert move(storage, group, OLD.name) == replace(group, face_count=3)
    assert (log(storage), sealed(storage)) == (before, templates)


@pytest.mark.parametrize("model", [OTHER.name, "nowhere"])
def test_a_model_that_nothing_leads_to_is_refused_and_nothing_changes(
    storage: Storage, app: App, group: Group, model: str
) -> None:
    storage.gallery.add(group, faces_by(OLD, 3), 10)
    before, templates = log(storage), sealed(storage)
    with pytest.raises(ServiceError) as refused:
        move(storage, group, model)
    assert refused.value.code is ErrorCode.INVALID_PARAMETER
    assert model in refused.value.detail
    assert storage.gallery.require_group(app, "group").model == OLD.name
    assert (log(storage), sealed(storage)) == (before, templates)


def test_a_face_deleted_by_whoever_knows_the_old_model_leaves_the_memory(
    storage: Storage, group: Group, faces: list[NewFace]
) -> None:
    moved = move(storage, group)
    best(storage, moved, embedded(NEW, COUNT)[0])
    rows = storage.index_cache.snapshot(moved, 0).parts[0].rows
    storage.gallery.delete_face(group, faces[0].face_id)
    assert not rows[0].any()
    assert rows[1].any()


@only_sqlite
def test_no_template_of_the_old_model_is_left_in_any_file(
    storage: Storage, group: Group, faces: list[NewFace], data_dir: Path
) -> None:
    before = sealed(storage)
    move(storage, group)
    raw, after = files(data_dir), sealed(storage)
    assert all(template[-40:] in raw for template in after.values())
    assert not any(template[-40:] in raw for template in before.values())


@contextmanager
def half_rotated(storage: Storage) -> Iterator[Callable[[], None]]:
    """A new master key wraps the groups and is not current yet; yields what makes it current."""
    rotation = storage.rotation
    new = rotation._announce()
    assert new is not None
    while rotation._rewrap_some(new, lambda _: None):
        pass
    yield lambda: rotation._finish(new)


def test_a_group_moves_before_during_and_after_a_rotation_of_the_master_key(
    storage: Storage, group: Group, faces: list[NewFace], open_again: OpenStorage
) -> None:
    move(storage, group)
    with half_rotated(storage) as finish:
        back = move(storage, group, OLD.name)
        finish()
    [(_, groups)] = storage.rotation.status().groups.items()
    assert groups == 1
    storage.rotation.run(0, lambda _: None)
    assert_has_moved(storage, move(storage, back), faces)
    with closing(open_again()) as again:
        assert_has_moved(again, replace(group, model=NEW.name), faces)


def test_an_archive_has_the_model_that_its_faces_have(
    storage: Storage, group: Group, faces: list[NewFace], other: App
) -> None:
    early = exported(storage, group)
    moved = move(storage, group)
    restore(storage, other, exported(storage, group))  # by a handle from before the move
    back = storage.gallery.require_group(other, "group")
    assert back.model == NEW.name
    assert_has_moved(storage, back, faces)
    with pytest.raises(SetupError, match="of the recognition model old, those of the group 'group' of new"):
        restore(storage, other, early, merge=True)
    assert_has_moved(storage, moved, faces)
