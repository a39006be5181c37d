"""What is deleted is gone: from the tables, the files and the memory. What is kept is sealed."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from harness.storage.faces import new_face, new_faces, unit_rows
from tests.storage.conftest import only_sqlite
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import App, KeyKind
from visavis.storage.store import Storage
from visavis.types import Group


def _files(data_dir: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(data_dir.iterdir()))


def _sealed(data_dir: Path, table: str, column: str) -> list[bytes]:
    with closing(sqlite3.connect(data_dir / "visavis.db")) as connection:
        return [value for (value,) in connection.execute(f"SELECT {column} FROM {table} ORDER BY id")]  # noqa: S608 - ours


def _rows(data_dir: Path) -> dict[str, int]:
    tables = ("apps", "keys", "groups", "tombstones", "faces", "deletions")
    with closing(sqlite3.connect(data_dir / "visavis.db")) as connection:
        return {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}  # noqa: S608 - ours


@pytest.mark.slow
@only_sqlite
def test_no_plain_template_is_in_any_file(storage: Storage, group: Group, data_dir: Path) -> None:
    faces = new_faces(50)
    storage.gallery.add(group, faces, quota=100)
    storage.gallery.search(group, faces[0].embedding, 5, -1.0)
    for moment in ("open", "closed"):
        if moment == "closed":
            storage.close()
        kept = _files(data_dir)
        assert faces[0].face_id.encode() in kept
        for face in faces:
            plain = face.embedding.tobytes()
            assert not any(plain[start : start + 8] in kept for start in range(0, len(plain), 8))


def _rows_outside_the_audit_log(data_dir: Path) -> str:
    with closing(sqlite3.connect(data_dir / "visavis.db")) as connection:
        return "\n".join(line for line in connection.iterdump() if not line.startswith('INSERT INTO "audit'))


@only_sqlite
def test_a_deleted_face_leaves_no_sealed_template_in_any_file(
    storage: Storage, group: Group, data_dir: Path
) -> None:
    faces = new_faces(5)
    storage.gallery.add(group, faces, quota=100)
    sealed = _sealed(data_dir, "faces", "template")
    for face in faces[:4]:
        storage.gallery.delete_face(group, face.face_id)
    kept = _files(data_dir)
    assert [template[-64:] in kept for template in sealed] == [False] * 4 + [True]
    # The audit log alone goes on naming who is gone.
    outside = _rows_outside_the_audit_log(data_dir)
    assert [face.face_id in outside for face in faces] == [False] * 4 + [True]


def test_a_deleted_face_leaves_the_memory_at_once(storage: Storage, group: Group) -> None:
    faces = new_faces(5)
    storage.gallery.add(group, faces, quota=100)
    storage.gallery.search(group, faces[0].embedding, 1, -1.0)
    rows = storage.index_cache.snapshot(group, 0).parts[0].rows
    assert (rows[2] == faces[2].embedding).all()
    storage.gallery.delete_face(group, faces[2].face_id)
    assert not rows[2].any()
    assert rows[[0, 1, 3, 4]].any(axis=1).all()


@only_sqlite
def test_a_deleted_group_takes_its_key_its_faces_and_its_memory_with_it(
    storage: Storage, app: App, group: Group, data_dir: Path
) -> None:
    faces = new_faces(20)
    storage.gallery.add(group, faces, quota=100)
    storage.gallery.delete_face(group, faces[0].face_id)
    storage.gallery.search(group, faces[1].embedding, 1, -1.0)
    rows = storage.index_cache.snapshot(group, 0).parts[0].rows
    secrets = _sealed(data_dir, "faces", "template") + _sealed(data_dir, "groups", "wrapped_key")
    assert all(secret in _files(data_dir) for secret in secrets[-1:])
    storage.gallery.delete_group(group)
    assert _rows(data_dir) == {"apps": 1, "keys": 0, "groups": 0, "tombstones": 1, "faces": 0, "deletions": 0}
    kept = _files(data_dir)
    assert not any(secret[-48:] in kept for secret in secrets)
    assert not rows.any()


@only_sqlite
def test_a_deleted_app_takes_everything_with_it(storage: Storage, data_dir: Path) -> None:
    stays = storage.apps.create_app("stays", {KeyKind.APP_KEY: "b"})
    goes = storage.apps.create_app("goes", {KeyKind.APP_KEY: "a"})
    groups = [storage.gallery.create_group(owner, "group", "sface", quota=9) for owner in (stays, goes)]
    for group in groups:
        storage.gallery.add(group, new_faces(3), quota=10)
        storage.gallery.search(group, unit_rows(1)[0], 1, -1.0)
    storage.gallery.delete_group(storage.gallery.create_group(goes, "gone before", "sface", quota=9))
    rows = storage.index_cache.snapshot(groups[1], 0).parts[0].rows
    assert _rows(data_dir)["tombstones"] == 1
    storage.apps.delete_app(goes)
    assert _rows(data_dir) == {"apps": 1, "keys": 1, "groups": 1, "tombstones": 0, "faces": 3, "deletions": 0}
    assert not rows.any()
    with pytest.raises(ServiceError) as caught:
        storage.gallery.search(groups[1], unit_rows(1)[0], 1, -1.0)
    assert caught.value.code is ErrorCode.GROUP_NOT_FOUND
    assert len(storage.gallery.search(groups[0], unit_rows(1)[0], 9, -1.5)) == 3
    again = storage.apps.create_app("goes", {KeyKind.APP_KEY: "a"})
    assert storage.gallery.list_groups(again, None, 10) == []


@only_sqlite
def test_deletions_that_wait_for_each_other_all_reach_the_files(
    storage: Storage, group: Group, data_dir: Path
) -> None:
    faces = [new_face(row) for row in unit_rows(24)]
    storage.gallery.add(group, faces, quota=100)
    sealed = _sealed(data_dir, "faces", "template")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda face: storage.gallery.delete_face(group, face.face_id), faces))
    kept = _files(data_dir)
    assert not any(template[-64:] in kept for template in sealed)
