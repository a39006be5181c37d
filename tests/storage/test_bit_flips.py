"""Any bit of the database's file that is turned over and changes what is kept is noticed."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from harness.storage.faces import new_face, unit_rows
from tests.storage.conftest import only_sqlite
from visavis.errors import ServiceError, SetupError
from visavis.identities import KeyKind, Role
from visavis.storage.database.sqlite import SqliteDatabase
from visavis.storage.store import DATABASE_FILE, KEY_FILE, Storage, open_storage, prepare
from visavis.transfer.checking import check_all
from visavis.types import GroupSettings, OwnScale

pytestmark = pytest.mark.slow

FLIPS = 100
NOW = datetime.now(UTC)


@pytest.fixture
def kept(storage: Storage, data_dir: Path) -> bytes:
    """A file with something in every table."""
    app = storage.apps.create_app("app", {KeyKind.APP_KEY: "key", KeyKind.SECRET_KEY: "other key"})
    for name in ("front", "back", "gone"):
        group = storage.gallery.create_group(app, name, "sface", quota=10)
        faces = [new_face(row, external_image_id=f"{name}{n}") for n, row in enumerate(unit_rows(12, width=16))]
        storage.gallery.add(group, faces, quota=100)
        storage.gallery.delete_face(group, faces[3].face_id)
        storage.gallery.change_settings(group, asdict(GroupSettings(liveness=True, retention_hours=24)))
        if name == "gone":
            storage.gallery.delete_group(group)
    for number in range(3):
        secret = sha256(bytes([number])).digest()
        storage.accounts.add_invitation(secret, Role.MEMBER, None, NOW + timedelta(days=7))
        if number:
            user = storage.accounts.accept(secret, NOW, f"user-{number}", "hash")
            storage.accounts.add_session(secret, user, NOW)
            storage.second_factors.enrol(user, "A" * 32, number, [f"code {number}", "another code"], NOW)
    storage.calibrations.store(OwnScale("sface", ((0.0, 0.0), (1.0, 100.0)), "faces", NOW))
    storage.audit.advance(wait=True)
    storage.gallery.delete_group(storage.gallery.create_group(app, "waiting", "sface", quota=10))
    copy = data_dir / "copy.db"
    with closing(sqlite3.connect(data_dir / DATABASE_FILE)) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))
    content = copy.read_bytes()
    copy.unlink()
    return content


def content_of(path: Path) -> list[str] | None:
    """Every statement that would make this database; None where SQLite cannot read it."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            return list(connection.iterdump())
    except (sqlite3.Error, UnicodeDecodeError):
        return None


def is_noticed(folder: Path) -> bool:
    """Whether a start refuses the database, or the check finds a fault."""
    try:
        with closing(SqliteDatabase(folder / DATABASE_FILE)) as database:
            keys = prepare(database, None, folder / KEY_FILE)
            return bool(check_all(database, keys, lambda _: None))
    except (SetupError, ServiceError):
        return True
    except Exception:  # noqa: BLE001 - whatever stops a start notices
        return True


@only_sqlite
def test_every_flip_that_changes_what_is_kept_is_noticed(kept: bytes, data_dir: Path, tmp_path: Path) -> None:
    folder = tmp_path / "flipped"
    folder.mkdir()
    shutil.copy(data_dir / KEY_FILE, folder)
    file = folder / DATABASE_FILE
    file.write_bytes(kept)
    before = content_of(file)
    assert not is_noticed(folder)
    chance = random.Random(7)
    changed, missed = 0, []
    while changed < FLIPS:
        bit = chance.randrange(8 * len(kept))
        flipped = bytearray(kept)
        flipped[bit // 8] ^= 1 << bit % 8
        for suffix in ("-wal", "-shm"):
            file.with_name(file.name + suffix).unlink(missing_ok=True)
        file.write_bytes(flipped)
        if content_of(file) == before:
            continue
        changed += 1
        file.write_bytes(flipped)
        if not is_noticed(folder):
            file.write_bytes(flipped)
            after = content_of(file) or []
            missed.append((bit, sorted(set(after) ^ set(before or []))))
    assert missed == []


@only_sqlite
def test_the_untouched_file_serves(kept: bytes, data_dir: Path, tmp_path: Path) -> None:
    folder = tmp_path / "untouched"
    folder.mkdir()
    shutil.copy(data_dir / KEY_FILE, folder)
    (folder / DATABASE_FILE).write_bytes(kept)
    with closing(open_storage(folder)) as storage:
        assert check_all(storage.database, storage.keys, lambda _: None) == []
