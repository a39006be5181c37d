"""A database from an earlier time is noticed at the start, and taken only by name."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from harness.storage.faces import new_faces
from harness.storage.place import Place
from tests.storage.conftest import OpenStorage, only_sqlite
from visavis.errors import SetupError
from visavis.identities import App
from visavis.storage.database import schema
from visavis.storage.store import DATABASE_FILE, Storage, open_storage
from visavis.transfer.checking import check_all
from visavis.types import Group


def copy_of(data_dir: Path, name: str = "copy.db") -> Path:
    """The database of a directory as it is now, in one file."""
    copy = data_dir.with_name(name)
    with closing(sqlite3.connect(data_dir / DATABASE_FILE)) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))
    return copy


def put_back(copy: Path, data_dir: Path) -> None:
    for suffix in ("-wal", "-shm"):
        (data_dir / f"{DATABASE_FILE}{suffix}").unlink(missing_ok=True)
    shutil.copy(copy, data_dir / DATABASE_FILE)


def test_a_database_that_went_on_is_opened(storage: Storage, group: Group, open_again: OpenStorage) -> None:
    faces = new_faces(4)
    storage.gallery.add(group, faces, quota=10)
    storage.anchor.advance()
    storage.gallery.delete_face(group, faces[0].face_id)
    storage.gallery.delete_group(
        storage.gallery.create_group(App(group.app_id, "app", group.created_at), "g", "m", 9)
    )
    storage.audit.advance()
    assert check_all(open_again().database, storage.keys, lambda _: None) == []


@only_sqlite
@pytest.mark.parametrize("chained", [True, False])
def test_an_older_database_is_refused_until_it_is_accepted_by_its_head(
    storage: Storage, group: Group, data_dir: Path, chained: bool
) -> None:
    faces = new_faces(4)
    storage.gallery.add(group, faces, quota=10)
    storage.audit.advance(wait=True)
    head = storage.audit.head()
    copy = copy_of(data_dir)
    storage.gallery.delete_face(group, faces[0].face_id)
    if chained:
        storage.audit.advance(wait=True)
    storage.close()
    put_back(copy, data_dir)
    with pytest.raises(SetupError, match=f"older than the anchor.*db accept-older {head}"):
        open_storage(data_dir)
    with pytest.raises(SetupError, match="older than the anchor"):
        open_storage(data_dir, accept_older=type(head)(head.position, bytes(32)))
    open_storage(data_dir, accept_older=head).close()
    open_storage(data_dir).close()


def test_a_single_group_that_was_put_back_whole_is_named(storage: Storage, group: Group, place: Place) -> None:
    storage.gallery.add(group, new_faces(1), quota=10)
    with storage.database.read() as connection:
        before = dict(connection.execute(select(schema.groups)).mappings().one())
    storage.gallery.add(group, new_faces(2), quota=10)
    storage.close()
    with closing(place.open()) as again, again.database.write() as connection:
        connection.execute(delete(schema.faces).where(schema.faces.c.version > 1))
        connection.execute(update(schema.groups).values(before))
    # `again` has not seen the older state: it would write no anchor of it
    with pytest.raises(SetupError, match="the faces of group number 1 are from an earlier state"):
        place.open()


@only_sqlite
def test_a_server_whose_database_is_replaced_keeps_its_anchor(
    storage: Storage, app: App, group: Group, data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    storage.anchor.advance()
    anchor = (data_dir / "anchor").read_bytes()
    with storage.database.write() as connection:
        connection.execute(update(schema.sets).where(schema.sets.c.name == "apps").values(version=0))
    storage.anchor.advance()
    assert (data_dir / "anchor").read_bytes() == anchor
    assert "replaced by an older one" in caplog.text


@only_sqlite
def test_an_anchor_that_was_altered_is_refused(storage: Storage, group: Group, data_dir: Path) -> None:
    storage.close()
    line, tag = (data_dir / "anchor").read_bytes().splitlines()
    content = json.loads(line)
    content["groups"] = []
    (data_dir / "anchor").write_bytes(json.dumps(content, separators=(",", ":")).encode() + b"\n" + tag + b"\n")
    with pytest.raises(SetupError, match="was altered"):
        open_storage(data_dir)


@only_sqlite
def test_rows_without_tags_are_taken_once_and_never_again(storage: Storage, group: Group, data_dir: Path) -> None:
    """Otherwise whoever writes to the database lets the next start make their rows good."""
    storage.gallery.add(group, new_faces(2), quota=10)
    storage.close()
    with closing(sqlite3.connect(data_dir / DATABASE_FILE)) as connection:
        connection.execute("UPDATE faces SET external_image_id = 'somebody else', tag = NULL")
        connection.execute("UPDATE groups SET face_set = NULL")
        connection.execute("DELETE FROM sets")
        connection.execute("INSERT INTO meta VALUES ('rows without tags', x'')")
        connection.commit()
    with pytest.raises(SetupError, match="older than the anchor"):
        open_storage(data_dir)


@only_sqlite
def test_without_an_anchor_the_database_is_taken_with_a_warning(
    storage: Storage, app: App, data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    storage.audit.advance(wait=True)
    storage.close()
    (data_dir / "anchor").unlink()
    open_storage(data_dir).close()
    assert "There is no anchor" in caplog.text
    assert (data_dir / "anchor").stat().st_mode & 0o777 == 0o600


@only_sqlite
def test_the_anchor_is_kept_where_it_is_asked_for(place: Place, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    open_storage(place.data_dir, anchor_file=elsewhere).close()
    assert elsewhere.exists()
    assert not (place.data_dir / "anchor").exists()
