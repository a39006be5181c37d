"""One master key takes the place of another while others read and write, whatever is killed when."""

from __future__ import annotations

import base64
import hmac
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from threading import Barrier, BrokenBarrierError, Event, Thread

import pytest
from sqlalchemy import update

from harness.storage.faces import new_faces
from harness.storage.place import Place
from harness.storage.retagging import forget_tags
from tests.storage.conftest import OpenStorage, owner
from tests.storage.peer import SPAWN
from visavis.errors import ServiceError, SetupError
from visavis.identities import App, KeyKind
from visavis.storage.database.metadata import delete_metadata, get_metadata, set_metadata
from visavis.storage.database.schema import groups
from visavis.storage.keys import metadata
from visavis.storage.keys.cipher import MasterKey
from visavis.storage.keys.providers import GivenKeys
from visavis.storage.keys.rotation import Rotation
from visavis.storage.store import Storage, open_storage
from visavis.transfer.checking import check_all
from visavis.types import Group, NewFace

pytestmark = pytest.mark.slow

OLD, NEW = bytes(range(32)), bytes(range(1, 33))
STEPS = ("_announce", "_servers_without", "_rewrap_some", "_move", "_finish")


def rotate(storage: Storage, patience: float = 0) -> str:
    return storage.rotation.run(patience, lambda _: None)


def key_file(place: Place) -> list[bytes]:
    return [base64.b64decode(line) for line in (place.data_dir / "master.key").read_text().split()]


@pytest.fixture
def faces(storage: Storage, group: Group) -> list[NewFace]:
    made = new_faces(3)
    storage.gallery.add(group, made, quota=100)
    return made


def assert_whole(storage: Storage, group: Group, faces: list[NewFace]) -> None:
    for face in faces:
        assert storage.gallery.open_template(group, face.face_id).tobytes() == face.embedding.tobytes()
    assert check_all(storage.database, storage.keys, lambda _: None) == []
    assert storage.verify_audit([], lambda _: None).faults == []


def test_after_a_rotation_everything_is_there_under_a_new_key_and_the_old_one_is_refused(
    storage: Storage, group: Group, faces: list[NewFace], place: Place, open_again: OpenStorage
) -> None:
    [old] = key_file(place)
    app = storage.apps.create_app("with keys", {KeyKind.APP_KEY: "app-key"})
    token_key = storage.token_key
    assert rotate(storage) == storage.rotation.status().current != MasterKey(old).id
    [new] = key_file(place)
    assert new != old
    assert_whole(storage, group, faces)
    with closing(open_again()) as again:
        assert_whole(again, group, faces)
        assert owner(again.apps, KeyKind.APP_KEY, "app-key", datetime.now(UTC)) == app
        assert again.token_key == token_key
        status = again.rotation.status()
        assert status.groups == {MasterKey(new).id: 1}
        assert status.retired == [MasterKey(old).id]
    with pytest.raises(SetupError, match="replaced by a newer one"):
        open_storage(place.data_dir, old, database_url=place.database_url)


def test_whoever_alters_the_list_of_replaced_keys_is_found_out(
    storage: Storage, group: Group, faces: list[NewFace], place: Place
) -> None:
    """Otherwise a key that has become known could be put in place again."""
    rotate(storage)
    with storage.database.read() as connection:
        before = get_metadata(connection, metadata.RETIRED)
    rotate(storage)
    for value in (
        before,
        b"",
        b"another\n",
        None,
    ):
        with storage.database.write() as connection:
            kept = get_metadata(connection, metadata.RETIRED)
            delete_metadata(connection, metadata.RETIRED)
            if value is not None:
                set_metadata(connection, metadata.RETIRED, value)
        assert check_all(storage.database, storage.keys, lambda _: None) == [
            "The record of replaced master keys was altered."
        ]
        with pytest.raises(SetupError, match="replaced master keys was altered"):
            place.open()
        with storage.database.write() as connection:
            assert kept is not None
            set_metadata(connection, metadata.RETIRED, kept)
    assert_whole(storage, group, faces)


def test_keys_can_be_rotated_again_and_again(
    storage: Storage, group: Group, faces: list[NewFace], place: Place
) -> None:
    ids = {storage.rotation.status().current, *(rotate(storage) for _ in range(3))}
    assert len(ids) == 4
    assert len(key_file(place)) == 1
    assert_whole(storage, group, faces)


def test_another_process_goes_on_before_and_after_it_has_noticed(
    storage: Storage, app: App, group: Group, faces: list[NewFace], open_again: OpenStorage
) -> None:
    other = open_again()
    new = rotate(storage)
    assert_whole(other, group, faces)
    more = new_faces(2)
    other.gallery.add(group, more, quota=100)
    other.key_sync.run_once()
    assert other.rotation.status().current == new
    assert_whole(other, group, faces + more)
    made = other.gallery.create_group(app, "later", "sface", quota=10)
    other.gallery.add(made, new_faces(1), quota=10)
    assert storage.rotation.status().groups == {new: 2}
    assert_whole(storage, group, faces + more)


def test_groups_made_while_the_others_are_wrapped_anew_are_not_left_behind(
    storage: Storage, app: App, open_again: OpenStorage
) -> None:
    other = open_again()
    rotation = storage.rotation
    new = rotation._announce()
    assert new is not None
    while rotation._rewrap_some(new, lambda _: None):
        pass
    made = other.gallery.create_group(app, "between", "sface", quota=10)
    other.gallery.add(made, new_faces(1), quota=10)
    rotation._finish(new)
    assert set(rotation.status().groups) == {new.id}
    late = other.gallery.create_group(app, "late", "sface", quota=10)  # the other has not noticed yet
    other.gallery.add(late, new_faces(1), quota=10)
    assert set(rotation.status().groups) == {new.id}
    assert (
        check_all(storage.database, storage.keys, lambda _: None)
        == check_all(other.database, other.keys, lambda _: None)
        == []
    )


@contextmanager
def following(storage: Storage) -> Iterator[None]:
    """As a server does once a second."""
    stop = Event()

    def run() -> None:
        while not stop.wait(0.05):
            storage.key_sync.run_once()

    thread = Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def given(place: Place, *keys: bytes) -> Storage:
    return open_storage(place.data_dir, GivenKeys(keys), database_url=place.database_url)


def test_a_server_that_lacks_the_new_key_stops_a_rotation_before_it_changes_anything(place: Place) -> None:
    with closing(given(place, OLD)) as server, following(server):
        app = server.apps.create_app("app", {})
        server.gallery.create_group(app, "group", "sface", quota=10)
        with closing(given(place, OLD, NEW)) as operator:
            with pytest.raises(SetupError, match=r"not known to .* process"):
                rotate(operator, patience=2)
            status = operator.rotation.status()
            assert status.following is None
            assert status.groups == {MasterKey(OLD).id: 1}


def test_a_server_that_lacks_the_new_key_stops_a_rotation_that_begins_again(place: Place) -> None:
    with closing(given(place, OLD)) as server, closing(given(place, OLD, NEW)) as operator:
        operator.rotation._announce()  # and is killed
        server.key_sync.run_once()
        with following(server), pytest.raises(SetupError, match=r"not known to .* process"):
            rotate(operator, patience=2)


def test_of_two_rotations_at_once_none_loses_the_key_that_the_other_made(
    storage: Storage, group: Group, faces: list[NewFace], place: Place, open_again: OpenStorage
) -> None:
    storages, both = [open_again(), open_again()], Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        for each in storages:
            wait_after_reading(each, both)
        done = [future.result() for future in [pool.submit(rotate, each) for each in storages]]
    assert done == [storage.rotation.status().current for storage in storages]
    assert len(key_file(place)) == 1
    with closing(open_again()) as again:
        assert again.rotation.status().following is None
        assert_whole(again, group, faces)
        rotate(again)
        assert_whole(again, group, faces)


def wait_after_reading(storage: Storage, both: Barrier) -> None:
    """Let two commands read the key file before either writes it, if they can."""
    provider = storage.rotation.ring.provider
    read = provider.read

    def reading() -> tuple[bytes, ...]:
        keys = read()
        with suppress(BrokenBarrierError):
            both.wait(timeout=0.5)
        return keys

    provider.read = reading  # type: ignore[method-assign]


def test_a_rotation_that_begins_as_another_ends_leaves_it_at_that(
    storage: Storage, group: Group, faces: list[NewFace], place: Place, open_again: OpenStorage
) -> None:
    late = open_again()
    new = rotate(storage)
    assert rotate(late) == new
    assert late.rotation.status().following is None
    assert len(key_file(place)) == 1
    assert_whole(late, group, faces)


def test_servers_with_both_keys_let_a_rotation_pass_and_forget_the_old_key(place: Place) -> None:
    given(place, OLD).close()
    with closing(given(place, OLD, NEW)) as server, closing(given(place, OLD, NEW)) as operator:
        app = server.apps.create_app("app", {})
        group = server.gallery.create_group(app, "group", "sface", quota=10)
        faces = new_faces(2)
        server.gallery.add(group, faces, quota=10)
        with following(server):
            assert rotate(operator, patience=1) == MasterKey(NEW).id
        server.key_sync.run_once()
        assert server.keys.count == 1
        assert_whole(server, group, faces)
    with closing(given(place, NEW)) as after:
        assert_whole(after, group, faces)
    with closing(given(place, OLD, NEW)) as both, pytest.raises(SetupError, match="There is no new master key"):
        rotate(both)
    with pytest.raises(SetupError, match="replaced by a newer one"):
        given(place, OLD)


def test_without_a_new_key_there_is_no_rotation(place: Place) -> None:
    with closing(given(place, OLD)) as storage, pytest.raises(SetupError, match="There is no new master key"):
        rotate(storage)


@pytest.mark.parametrize("keys", [(OLD,), (NEW,)], ids=["old", "new"])
def test_in_the_middle_of_a_rotation_nobody_starts_with_one_key_alone(
    keys: tuple[bytes, ...], place: Place
) -> None:
    given(place, OLD).close()
    with closing(given(place, OLD, NEW)) as storage:
        storage.rotation._announce()
    with pytest.raises(SetupError, match="give the old key and the new one"):
        given(place, *keys)
    with closing(given(place, NEW, OLD)) as storage:
        assert rotate(storage) == MasterKey(NEW).id


def test_of_two_keys_none_is_taken_for_a_new_database(place: Place) -> None:
    with pytest.raises(SetupError, match="give one"):
        given(place, OLD, NEW)


@pytest.mark.parametrize("step", STEPS)
def test_a_rotation_that_is_killed_goes_on_where_it_was(
    step: str,
    storage: Storage,
    app: App,
    group: Group,
    faces: list[NewFace],
    place: Place,
    open_again: OpenStorage,
) -> None:
    for number in range(3):
        storage.gallery.create_group(app, f"g{number}", "sface", quota=10)
    process = SPAWN.Process(target=rotate_and_die, args=(place, step))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert_whole(storage, group, faces)  # a server that ran all the time
    more = new_faces(1)
    storage.gallery.add(group, more, quota=100)
    with closing(open_again()) as again:
        assert_whole(again, group, faces + more)
        new = rotate(again)
        assert again.rotation.status().groups == {new: 4}
        assert len(again.rotation.status().retired) == 1
        assert_whole(again, group, faces + more)
    assert len(key_file(place)) == 1
    assert_whole(storage, group, faces + more)


def rotate_and_die(place: Place, step: str) -> None:
    """Rotate, and be killed as soon as this step is over; `_move` in the middle of its transaction."""
    original = getattr(Rotation, step)

    def deadly(*args: object, **kwargs: object) -> object:
        original(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)
        return None

    setattr(Rotation, step, deadly)
    rotate(place.open())


def test_databases_from_before_there_were_data_keys_keep_their_app_keys(place: Place) -> None:
    with closing(given(place, OLD)) as storage:
        app = storage.apps.create_app("app", {})
        digest = old_hash("app-key")
        with storage.database.write() as connection:
            mark = "?" if connection.dialect.name == "sqlite" else "%s"
            connection.exec_driver_sql(
                f"INSERT INTO keys (app_id, kind, hash, created_at) VALUES ({mark}, 'appKey', {mark}, "  # noqa: S608
                f"'2026-01-01 00:00:00')",
                (app.id, digest),
            )
        forget_tags(storage)
        with storage.database.write() as connection:
            for name in metadata.DATA_KEYS.values():
                delete_metadata(connection, name)
            connection.exec_driver_sql("UPDATE groups SET wrapped_by = ''")
    (place.data_dir / "anchor").unlink()
    with closing(given(place, OLD, NEW)) as upgraded:
        assert owner(upgraded.apps, KeyKind.APP_KEY, "app-key", datetime.now(UTC)) == app
        rotate(upgraded)
        assert owner(upgraded.apps, KeyKind.APP_KEY, "app-key", datetime.now(UTC)) == app
    with closing(given(place, NEW)) as after:
        assert owner(after.apps, KeyKind.APP_KEY, "app-key", datetime.now(UTC)) == app


def old_hash(credential: str) -> bytes:
    """As versions did that derived everything from the master key itself."""
    return hmac.digest(MasterKey(OLD).derive("credentials"), credential.encode(), "sha256")


def test_a_group_key_that_was_altered_stops_a_rotation_in_a_sentence(
    storage: Storage, group: Group, place: Place
) -> None:
    with storage.database.write() as connection:
        connection.execute(update(groups).values(wrapped_key=b"something else"))
    with pytest.raises(SetupError, match="does not open"):
        rotate(storage)
    with pytest.raises(ServiceError):
        storage.gallery.add(group, new_faces(1), quota=10)
