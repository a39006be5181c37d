"""A backup is one moment of what is kept, sealed; a restore checks everything before it touches anything."""

from __future__ import annotations

import errno
import io
import itertools
import json
import shutil
import sqlite3
import stat
import tarfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from harness.postgres import Postgres
from harness.storage.faces import new_face, new_faces, unit_rows
from harness.storage.place import Place
from tests.storage.conftest import OpenStorage, only_sqlite
from visavis.audit_events import AuditFilter
from visavis.errors import ServiceError, SetupError
from visavis.identities import App, KeyKind
from visavis.storage.database.sqlite import SqliteDatabase
from visavis.storage.store import Storage, head_in, open_storage
from visavis.transfer.backup.file import pack
from visavis.transfer.backup.make import back_up
from visavis.transfer.backup.manifest import Manifest
from visavis.transfer.backup.restore import Target, restore_backup
from visavis.transfer.checking import check_all
from visavis.types import FaceFilter, Group

pytestmark = pytest.mark.slow


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "backup.tar"


@pytest.fixture
def fresh(tmp_path: Path, data_dir: Path, storage: Storage) -> Path:
    """A new data directory with nothing but the key file in it."""
    folder = tmp_path / "fresh"
    folder.mkdir()
    shutil.copy(data_dir / "master.key", folder)
    return folder


def backed_up(storage: Storage, archive: Path) -> Manifest:
    return back_up(storage, archive, lambda _: None)


def restore(archive: Path, folder: Path, **options: Any) -> Manifest:
    return restore_backup(archive, Target(folder, None, **options), lambda _: None)


def taken(folder: Path) -> Storage:
    """What was restored in place of something newer, which the operator has accepted."""
    return open_storage(folder, accept_older=head_in(folder, None))


def listed(storage: Storage, group: Group) -> list[str]:
    return [face.face_id for face in storage.gallery.list_faces(group, FaceFilter(), None, 10_000)]


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_what_is_restored_is_what_was_backed_up(
    storage: Storage, app: App, group: Group, archive: Path, fresh: Path
) -> None:
    faces = new_faces(40)
    storage.apps.add_keys(app, {KeyKind.APP_KEY: "key"}, datetime.now(UTC))
    storage.gallery.add(group, faces, quota=100)
    storage.gallery.delete_face(group, faces[0].face_id)
    storage.gallery.delete_group(storage.gallery.create_group(app, "gone", "sface", quota=9))
    group = storage.gallery.change_settings(group, {"similarity": 77.0, "retention_hours": 99})
    told = backed_up(storage, archive)
    assert (told.apps, told.groups, told.faces) == (1, 1, 39)
    storage.audit.advance(wait=True)
    recorded = [(each.event.operation, each.event.detail) for each in storage.audit.stream(AuditFilter())]
    assert recorded[-1] == ("backup", "39 faces of 1 groups")
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert [path.name for path in archive.parent.iterdir() if "backup" in path.name] == ["backup.tar"]

    assert restore(archive, fresh) == told
    assert set(files(fresh)) == {"master.key", "visavis.db"}
    with closing(open_storage(fresh)) as restored:
        assert restored.token_key == storage.token_key
        [caller] = restored.apps.callers({KeyKind.APP_KEY: "key"}, datetime.now(UTC))
        assert caller is not None
        assert caller.app == app
        [found] = restored.gallery.list_groups(app, None, 10)
        assert found == storage.gallery.require_group(app, "group")
        assert restored.gallery.list_faces(found, FaceFilter(), None, 100) == storage.gallery.list_faces(
            group, FaceFilter(), None, 100
        )
        for face in faces[1:]:
            theirs = restored.gallery.search(found, face.embedding, 5, -1.5)
            assert theirs == storage.gallery.search(group, face.embedding, 5, -1.5)
        assert check_all(restored.database, restored.keys, lambda _: None) == []
        with pytest.raises(ServiceError, match="deleted"):
            restored.gallery.require_group(app, "gone")
        assert restored.gallery.create_group(app, "next", "sface", quota=9).id > found.id + 1


@contextmanager
def load(storages: Sequence[Storage], groups: Sequence[Group]) -> Iterator[set[str]]:
    """Add faces two at a time, and delete some, until the block ends; the images of which one face was deleted."""
    done, split = Event(), set[str]()

    def write(number: int) -> None:
        gallery, group, rows = storages[number].gallery, groups[number % len(groups)], unit_rows(2, seed=number)
        for count in itertools.count():
            if done.is_set():
                return
            image = f"{number}-{count}"
            pair = [new_face(row, image_id=image) for row in rows]
            gallery.add(group, pair, quota=100_000)
            if count % 6 == 0:
                split.add(image)
                gallery.delete_face(group, pair[0].face_id)

    with ThreadPoolExecutor(len(storages)) as pool:
        writers = [pool.submit(write, number) for number in range(len(storages))]
        try:
            yield split
        finally:
            done.set()
        for writer in writers:
            writer.result()


def test_a_backup_under_load_is_one_moment(
    storage: Storage, app: App, group: Group, tmp_path: Path, fresh: Path, open_again: OpenStorage
) -> None:
    other = storage.gallery.create_group(app, "other", "sface", quota=9)
    backups = [tmp_path / f"backup-{number}.tar" for number in range(3)]
    before = []
    with load([open_again() for _ in range(4)], [group, other]) as split:
        while len(listed(storage, group)) < 40:
            time.sleep(0.01)
        for archive in backups:
            before.append(set(listed(storage, group)))
            backed_up(storage, archive)
    after = set(listed(storage, group))
    for number, archive in enumerate(backups):
        folder = tmp_path / f"restored-{number}"
        shutil.copytree(fresh, folder)
        restore(archive, folder)
        with closing(open_storage(folder)) as restored:
            assert check_all(restored.database, restored.keys, lambda _: None) == []
            kept = restored.gallery.list_faces(group, FaceFilter(), None, 100_000)
            found = restored.gallery.search(group, unit_rows(1)[0], 100_000, -1.5)
            assert {record.face_id for record, _ in found} == {face.face_id for face in kept}
            assert not (before[number] & after) - {face.face_id for face in kept}
            images = Counter(face.image_id for face in kept)
            assert {image for image, count in images.items() if count == 1} <= split


def test_a_backup_without_the_master_key_is_of_no_use(
    storage: Storage, app: App, group: Group, archive: Path, data_dir: Path, tmp_path: Path
) -> None:
    faces = new_faces(30)
    storage.apps.add_keys(app, {KeyKind.SECRET_KEY: "a secret of the app"}, datetime.now(UTC))
    storage.gallery.add(group, faces, quota=100)
    backed_up(storage, archive)
    raw = archive.read_bytes()
    assert faces[0].face_id.encode() in raw
    for face in faces:
        plain = face.embedding.tobytes()
        assert not any(plain[start : start + 8] in raw for start in range(0, len(plain), 8))
    key = (data_dir / "master.key").read_bytes()
    assert key.strip() not in raw
    assert storage.keys.derive("page tokens") not in raw
    assert b"a secret of the app" not in raw
    for folder, why in ((tmp_path / "none", "missing"), (tmp_path / "wrong", "not the one")):
        if why == "not the one":
            open_storage(folder).close()
            (folder / "visavis.db").unlink()
        with pytest.raises(SetupError, match=why):
            restore(archive, folder)
        assert set(files(folder)) <= {"anchor", "master.key"}
    with pytest.raises(SetupError, match="not the one"):
        restore_backup(archive, Target(tmp_path / "none", bytes(32)), lambda _: None)


@only_sqlite
def test_a_database_that_is_there_gives_way_only_if_told(
    storage: Storage, app: App, group: Group, archive: Path, data_dir: Path
) -> None:
    faces = new_faces(3)
    storage.gallery.add(group, faces[:2], quota=100)
    backed_up(storage, archive)
    storage.gallery.add(group, faces[2:], quota=100)
    with pytest.raises(SetupError, match="already"):
        restore(archive, data_dir)
    with pytest.raises(SetupError, match="is still using"):
        restore(archive, data_dir, replace=True)
    assert len(listed(storage, group)) == 3
    storage.close()
    restore(archive, data_dir, replace=True)
    with closing(taken(data_dir)) as restored:
        assert listed(restored, group) == [face.face_id for face in reversed(faces[:2])]


@only_sqlite
@pytest.mark.parametrize("log", [b"", b"not a log either" * 100])
def test_a_damaged_database_gives_way_with_its_log(
    log: bytes, storage: Storage, group: Group, archive: Path, data_dir: Path
) -> None:
    storage.gallery.add(group, new_faces(3), quota=100)
    backed_up(storage, archive)
    storage.close()
    (data_dir / "visavis.db").write_bytes(b"not a database" * 1000)
    (data_dir / "visavis.db-wal").write_bytes(log)
    restore(archive, data_dir, replace=True)
    assert set(files(data_dir)) == {"anchor", "master.key", "visavis.db"}
    with closing(taken(data_dir)) as restored:
        assert len(listed(restored, group)) == 3


@only_sqlite
def test_a_log_whose_database_was_taken_away_does_not_get_into_the_restored_one(
    storage: Storage, group: Group, archive: Path, data_dir: Path
) -> None:
    storage.gallery.add(group, new_faces(3), quota=100)
    backed_up(storage, archive)
    for _ in range(10):
        storage.gallery.add(group, new_faces(5), quota=100)
    log = (data_dir / "visavis.db-wal").read_bytes()
    storage.close()
    (data_dir / "visavis.db").unlink()
    (data_dir / "visavis.db-wal").write_bytes(log)  # as after a kill
    restore(archive, data_dir)
    with closing(taken(data_dir)) as restored:
        assert len(listed(restored, group)) == 3
        assert check_all(restored.database, restored.keys, lambda _: None) == []


def test_a_full_disk_stops_a_restore_in_plain_words(
    storage: Storage, archive: Path, fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backed_up(storage, archive)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("visavis.transfer.backup.restore.unpack", full)
    with pytest.raises(SetupError, match=r"^The backup cannot be restored: No space left on device\.$"):
        restore(archive, fresh)


@only_sqlite
def test_a_damaged_backup_is_refused_and_nothing_changes(
    storage: Storage, group: Group, archive: Path, data_dir: Path
) -> None:
    storage.gallery.add(group, new_faces(20), quota=100)
    backed_up(storage, archive)
    storage.close()
    before, whole = files(data_dir), archive.read_bytes()
    for damaged in (
        b"",
        b"anything",
        whole[:600],
        whole[: len(whole) // 2],
        whole[:30_000] + bytes([whole[30_000] ^ 1]) + whole[30_001:],
        whole.replace(b"backup 2", b"backup 3", 1),
        whole + b"more",
    ):
        archive.write_bytes(damaged)
        with pytest.raises(SetupError, match=r"not a backup|damaged|forged"):
            restore(archive, data_dir, replace=True)
        assert files(data_dir) == before


def packed(manifest: dict[str, Any], *entries: tuple[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, content in (("manifest.json", json.dumps(manifest).encode()), *entries):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return file.getvalue()


@only_sqlite
def test_an_archive_that_names_other_places_writes_nowhere_else(
    storage: Storage, archive: Path, fresh: Path, tmp_path: Path
) -> None:
    backed_up(storage, archive)
    with tarfile.open(archive) as opened:
        manifest = json.load(opened.extractfile("manifest.json") or io.BytesIO())
    before = {path.name for path in tmp_path.iterdir()}
    for entries in ([("../visavis.db", b"x")], [("/etc/visavis.db", b"x")], []):
        archive.write_bytes(packed(manifest, *entries))
        with pytest.raises(SetupError, match="not a backup"):
            restore(archive, fresh)
    archive.write_bytes(packed(manifest | {"more": 1}, ("visavis.db", b"x")))
    with pytest.raises(SetupError, match="not a backup"):
        restore(archive, fresh)
    assert set(files(fresh)) == {"master.key"}
    assert {path.name for path in tmp_path.iterdir()} == before


@only_sqlite
def test_a_backup_of_records_in_disorder_is_neither_made_nor_restored(
    storage: Storage, group: Group, archive: Path, data_dir: Path, fresh: Path
) -> None:
    storage.gallery.add(group, new_faces(2), quota=100)
    backed_up(storage, archive)
    with closing(sqlite3.connect(data_dir / "visavis.db")) as connection:
        connection.execute("UPDATE groups SET face_count = 7")
        connection.commit()
    with pytest.raises(SetupError, match="counts 7 faces and has 2"):
        backed_up(storage, archive.with_name("another.tar"))
    assert not archive.with_name("another.tar").exists()


def newer_copy(storage: Storage, folder: Path) -> Path:
    copy = folder / "copy.db"
    assert isinstance(storage.database, SqliteDatabase)
    storage.database.copy_to(copy)
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    return copy


@only_sqlite
def test_a_backup_of_a_newer_version_is_refused(
    storage: Storage, archive: Path, data_dir: Path, fresh: Path
) -> None:
    copy = newer_copy(storage, archive.parent)
    told = backed_up(storage, archive)
    newer = told.model_copy(update={"bytes": copy.stat().st_size, "sha256": sha256(copy.read_bytes()).hexdigest()})
    pack(archive, newer.signed(storage.keys.current), copy)
    with pytest.raises(SetupError, match="newer version"):
        restore(archive, fresh)
    assert set(files(fresh)) == {"master.key"}


@only_sqlite
def test_a_backup_takes_the_place_of_no_file(storage: Storage, archive: Path) -> None:
    archive.write_bytes(b"something of mine")
    with pytest.raises(SetupError, match="already"):
        backed_up(storage, archive)
    assert archive.read_bytes() == b"something of mine"
    with pytest.raises(SetupError, match="cannot be written"):
        backed_up(storage, archive.parent / "nowhere" / "backup.tar")


def test_a_backup_moves_between_kinds_of_database(
    storage: Storage, place: Place, group: Group, archive: Path, fresh: Path, postgres: Postgres
) -> None:
    faces = new_faces(5)
    storage.gallery.add(group, faces, quota=100)
    told = backed_up(storage, archive)
    assert told.made_from == ("postgresql" if place.database_url else "sqlite")
    url = postgres.new_database()
    restore(archive, fresh, database_url=url)
    with closing(open_storage(fresh, database_url=url)) as restored:
        assert listed(restored, group) == listed(storage, group)
        assert check_all(restored.database, restored.keys, lambda _: None) == []
        assert len(restored.gallery.add(group, new_faces(1, seed=9), quota=100)) == 1
    with pytest.raises(SetupError, match="records already"):
        restore(archive, fresh, database_url=url)
