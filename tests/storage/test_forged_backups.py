"""A backup is believed by a MAC that only the master key gives, and holds one database of our schema."""

from __future__ import annotations

import io
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from harness.servers import environment
from harness.storage.faces import new_faces
from harness.storage.place import Place
from visavis.errors import SetupError
from visavis.files import locked
from visavis.storage.keys.cipher import MasterKey
from visavis.storage.store import Storage, head_in, open_storage
from visavis.transfer.backup.file import pack
from visavis.transfer.backup.make import back_up
from visavis.transfer.backup.manifest import Manifest
from visavis.transfer.backup.restore import Target, forget_killed_restores, restore_backup
from visavis.types import Group

pytestmark = pytest.mark.slow


@pytest.fixture
def place(data_dir: Path) -> Place:
    return Place(data_dir)


@pytest.fixture
def archive(storage: Storage, group: Group, tmp_path: Path) -> Path:
    """A whole backup of twenty faces."""
    storage.gallery.add(group, new_faces(20), quota=100)
    archive = tmp_path / "backup.tar"
    back_up(storage, archive, lambda _: None)
    return archive


@pytest.fixture
def fresh(tmp_path: Path, data_dir: Path, storage: Storage) -> Path:
    folder = tmp_path / "fresh"
    folder.mkdir()
    shutil.copy(data_dir / "master.key", folder)
    return folder


def restore(archive: Path, folder: Path, **options: Any) -> Manifest:
    return restore_backup(archive, Target(folder, None, **options), lambda _: None)


def parts(archive: Path) -> tuple[dict[str, Any], bytes]:
    """The manifest and the database of a backup."""
    with tarfile.open(archive) as opened:
        manifest, database = (opened.extractfile(name) for name in ("manifest.json", "visavis.db"))
        assert manifest is not None
        assert database is not None
        return json.load(manifest), database.read()


def packed(archive: Path, manifest: bytes, database: bytes, change: Callable[[tarfile.TarInfo], None]) -> None:
    """Write an archive of which the entry of the database is otherwise."""
    with tarfile.open(archive, "w") as made:
        for name, content in (("manifest.json", manifest), ("visavis.db", database)):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            if name == "visavis.db":
                change(entry)
            made.addfile(entry, io.BytesIO(content))


def as_it_is(_: tarfile.TarInfo) -> None:
    """No change."""


def described(database: bytes, manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest with size and digest of another database, as a forger can compute them."""
    return manifest | {"bytes": len(database), "sha256": sha256(database).hexdigest()}


def changed(database: bytes, folder: Path, *statements: str) -> bytes:
    """The database after somebody has had a go at it."""
    file = folder / "changed.db"
    file.write_bytes(database)
    with closing(sqlite3.connect(file)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return file.read_bytes()


def assert_refused(archive: Path, fresh: Path, why: str, **options: Any) -> None:
    with pytest.raises(SetupError, match=why):
        restore(archive, fresh, **options)
    assert [path.name for path in fresh.iterdir()] == ["master.key"]


def test_a_backup_whose_database_and_digest_were_changed_together_is_refused(
    archive: Path, fresh: Path, tmp_path: Path
) -> None:
    manifest, database = parts(archive)
    forged = changed(database, tmp_path, "UPDATE faces SET external_image_id = 'somebody else'")
    packed(archive, json.dumps(described(forged, manifest)).encode(), forged, as_it_is)
    assert_refused(archive, fresh, "forged or damaged")
    packed(archive, json.dumps(manifest).encode(), forged, as_it_is)
    assert_refused(archive, fresh, "damaged|not a backup")


@pytest.mark.parametrize("field", ["made_at", "made_by", "made_from", "apps", "groups", "faces", "mac"])
def test_nothing_in_the_manifest_can_be_changed(archive: Path, fresh: Path, field: str) -> None:
    manifest, database = parts(archive)
    manifest[field] = manifest[field] + 1 if isinstance(manifest[field], int) else "0" * 64
    packed(archive, json.dumps(manifest).encode(), database, as_it_is)
    assert_refused(archive, fresh, "forged or damaged")


def test_a_backup_under_another_master_key_is_refused(archive: Path, fresh: Path) -> None:
    manifest, database = parts(archive)
    manifest.pop("mac")
    stranger = Manifest(**manifest).signed(MasterKey(bytes(32)))
    packed(archive, stranger.model_dump_json().encode(), database, as_it_is)
    assert_refused(archive, fresh, "not the one that this backup was made with")


def test_a_refused_backup_ends_the_command_with_the_reason_and_exit_code_1(
    archive: Path, fresh: Path, tmp_path: Path
) -> None:
    manifest, database = parts(archive)
    packed(archive, json.dumps(manifest | {"faces": 19}).encode(), database, as_it_is)
    command = [sys.executable, "-m", "visavis", "restore", str(archive), "--data-dir", str(fresh)]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, env=environment({}))  # noqa: S603
    assert ended.returncode == 1
    assert "The backup is forged or damaged" in ended.stderr
    assert [path.name for path in fresh.iterdir()] == ["master.key"]


def of_the_version_before(manifest: dict[str, Any]) -> bytes:
    older = {name: value for name, value in manifest.items() if name not in {"key", "mac"}}
    return json.dumps(older | {"format": "visavis backup 1"}).encode()


def test_a_backup_of_an_earlier_version_is_taken_if_told_and_not_otherwise(archive: Path, fresh: Path) -> None:
    manifest, database = parts(archive)
    packed(archive, of_the_version_before(manifest), database, as_it_is)
    assert_refused(archive, fresh, "--accept-unauthenticated")
    assert restore(archive, fresh, takes_unauthenticated=True).faces == 20
    with closing(open_storage(fresh, accept_older=head_in(fresh, None))) as restored:
        [app] = restored.apps.list_apps()
        assert restored.gallery.require_group(app, "group").face_count == 20


def test_the_flag_for_earlier_versions_lets_no_forged_backup_of_this_one_in(archive: Path, fresh: Path) -> None:
    manifest, database = parts(archive)
    packed(archive, json.dumps(manifest | {"faces": 19}).encode(), database, as_it_is)
    assert_refused(archive, fresh, "forged or damaged", takes_unauthenticated=True)
    packed(archive, of_the_version_before(manifest | {"sha256": "0" * 64}), database, as_it_is)
    assert_refused(archive, fresh, "damaged", takes_unauthenticated=True)


STRANGE = {
    "trigger helper": "CREATE TRIGGER helper AFTER INSERT ON faces BEGIN DELETE FROM audit; END",
    "view helper": "CREATE VIEW helper AS SELECT * FROM faces",
    "table helper": "CREATE TABLE helper (id INTEGER)",
    "index helper": "CREATE INDEX helper ON faces (x0)",
    "index ix_faces_fingerprint": "DROP INDEX ix_faces_fingerprint",
    "table faces": "ALTER TABLE faces ADD COLUMN helper TEXT DEFAULT 'x'",
    "table calibrations": "DROP TABLE calibrations",
}


@pytest.mark.parametrize("part", STRANGE)
def test_a_database_of_another_schema_is_not_put_in_place_whoever_vouches_for_it(
    storage: Storage, archive: Path, fresh: Path, tmp_path: Path, part: str
) -> None:
    manifest, database = parts(archive)
    copy = tmp_path / "changed.db"
    strange = changed(database, tmp_path, STRANGE[part])
    signed = Manifest(**described(strange, manifest)).signed(storage.keys.current)
    pack(archive, signed, copy)
    assert_refused(archive, fresh, f"another schema than ours: {part}")


def test_no_backup_is_made_of_a_database_with_a_trigger(storage: Storage, data_dir: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(data_dir / "visavis.db")) as connection:
        connection.execute(STRANGE["trigger helper"])
        connection.commit()
    with pytest.raises(SetupError, match="another schema than ours, so nothing was written: trigger helper"):
        back_up(storage, tmp_path / "another.tar", lambda _: None)
    assert not (tmp_path / "another.tar").exists()


def sparse(entry: tarfile.TarInfo) -> None:
    entry.type = tarfile.GNUTYPE_SPARSE


def sparse_by_headers(entry: tarfile.TarInfo) -> None:
    entry.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(1 << 40)}


def linked(entry: tarfile.TarInfo) -> None:
    entry.type, entry.linkname, entry.size = tarfile.SYMTYPE, "/etc/passwd", 0


def linked_hard(entry: tarfile.TarInfo) -> None:
    entry.type, entry.linkname, entry.size = tarfile.LNKTYPE, "manifest.json", 0


def shorter(entry: tarfile.TarInfo) -> None:
    entry.size -= 512


def a_folder(entry: tarfile.TarInfo) -> None:
    entry.type, entry.size = tarfile.DIRTYPE, 0


@pytest.mark.parametrize("change", [sparse, sparse_by_headers, linked, linked_hard, shorter, a_folder])
@pytest.mark.parametrize("older", [False, True])
def test_only_a_plain_file_of_exactly_the_stated_size_is_unpacked(
    archive: Path, fresh: Path, change: Callable[[tarfile.TarInfo], None], older: bool
) -> None:
    manifest, database = parts(archive)
    described = of_the_version_before(manifest) if older else json.dumps(manifest).encode()
    packed(archive, described, database, change)
    assert_refused(archive, fresh, "not a backup", takes_unauthenticated=True)


def test_an_archive_with_something_more_in_it_is_refused(archive: Path, fresh: Path) -> None:
    with tarfile.open(archive, "a") as opened:
        opened.addfile(tarfile.TarInfo("more"))
    assert_refused(archive, fresh, "not a backup")


def test_a_small_file_that_states_a_huge_size_fills_no_disk(archive: Path, fresh: Path) -> None:
    manifest, _ = parts(archive)
    for size in (1 << 33, 1 << 60):
        described = of_the_version_before(manifest | {"bytes": size})
        with archive.open("wb") as file, tarfile.open(fileobj=file, mode="w") as made:
            entry = tarfile.TarInfo("manifest.json")
            entry.size = len(described)
            made.addfile(entry, io.BytesIO(described))
            entry = tarfile.TarInfo("visavis.db")
            entry.size = size
            file.write(entry.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
        assert_refused(archive, fresh, "not a backup|room for", takes_unauthenticated=True)


@pytest.mark.parametrize(
    "manifest",
    [
        b"[" * 60_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b"{}",
        b"null",
        b"\xff",
        b"{" + b" " * 70_000 + b"}",
    ],
)
def test_a_manifest_that_is_deep_long_or_of_something_else_is_refused(
    archive: Path, fresh: Path, manifest: bytes
) -> None:
    packed(archive, manifest, b"x", as_it_is)
    assert_refused(archive, fresh, "not a backup")


def left_by_restores(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if ".restore." in path.name)


@contextmanager
def restoring(archive: Path, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A restore that has begun to write, and goes no further."""
    script = """
import signal, sys, time
from pathlib import Path
from visavis.cli import main
from visavis.transfer.backup import restore

def wait(draft):
    Path(f"{draft}-wal").touch()
    print("at work", flush=True)
    while True:  # a signal just before signal.pause() would never be looked at
        time.sleep(0.1)

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell in the background has it ignored
restore._require_our_schema = wait
main()
"""
    command = [sys.executable, "-c", script, "restore", str(archive), "--data-dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment({})) as process:  # noqa: S603 - our own
        assert process.stdout is not None
        while b"at work" not in (line := process.stdout.readline()):
            assert line, "the restore ended"
        yield process
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_restore_that_is_told_to_stop_leaves_nothing(archive: Path, fresh: Path, number: int) -> None:
    with restoring(archive, fresh) as process:
        assert left_by_restores(fresh) != []
        process.send_signal(number)
        assert process.wait() != 0
    assert [path.name for path in fresh.iterdir()] == ["master.key"]


def test_what_a_killed_restore_has_left_is_gone_after_the_next(archive: Path, fresh: Path) -> None:
    with restoring(archive, fresh) as process:
        process.kill()
    assert len(left_by_restores(fresh)) == 2
    restore(archive, fresh)
    assert {path.name for path in fresh.iterdir()} == {"master.key", "visavis.db"}


def test_what_a_killed_restore_has_left_is_gone_after_a_start_but_not_what_one_at_work_has(
    archive: Path, fresh: Path
) -> None:
    with restoring(archive, fresh) as process:
        forget_killed_restores(fresh)
        assert len(left_by_restores(fresh)) == 2
        process.kill()
    forget_killed_restores(fresh)
    assert left_by_restores(fresh) == []


def test_two_restores_into_one_directory_do_not_meet(archive: Path, fresh: Path) -> None:
    with locked(fresh) as alone:
        assert alone
        with pytest.raises(SetupError, match="Another restore is running"):
            restore(archive, fresh)
    assert restore(archive, fresh).faces == 20
