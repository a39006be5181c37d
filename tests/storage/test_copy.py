"""Everything that is kept moves from one database to another and is the same there."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from harness.postgres import Postgres
from harness.storage.faces import new_face, new_faces, unit_rows
from harness.storage.place import Place
from tests.storage.conftest import OpenStorage, owner
from visavis.errors import ErrorCode, ServiceError, SetupError
from visavis.identities import KeyKind
from visavis.storage.database import schema
from visavis.storage.store import Storage, open_database
from visavis.transfer.checking import check_all
from visavis.transfer.copying import copy_all, count_rows
from visavis.types import FaceFilter, GroupSettings

pytestmark = pytest.mark.slow

NOW = datetime.now(UTC)


@pytest.fixture
def filled(open_again: OpenStorage) -> Storage:
    """Two apps, groups with settings and deletions, a tombstone, and 4,500 faces: more than one batch."""
    storage = open_again()
    app = storage.apps.create_app("app", {KeyKind.APP_KEY: "key-1", KeyKind.SECRET_KEY: "key-2"})
    group = storage.gallery.create_group(app, "group", "sface", quota=10)
    faces = new_faces(4_500, width=16)
    storage.gallery.add(group, faces, quota=10_000)
    for face in faces[::1000]:
        storage.gallery.delete_face(group, face.face_id)
    storage.gallery.change_settings(group, asdict(GroupSettings(liveness=True, similarity=95.5)))
    gone = storage.gallery.create_group(app, "gone", "sface", quota=10)
    storage.gallery.delete_group(gone)
    storage.apps.delete_app(storage.apps.create_app("deleted", {}))
    storage.access_keys.delete_key(storage.access_keys.create_key("gone", "id-1", "secret", None, 60))
    access_key = storage.access_keys.create_key("client", "id-2", "secret", [app], 60)
    storage.access_keys.add_token(access_key, "token", NOW, NOW + timedelta(days=1), keep=9)
    return storage


@pytest.fixture
def target(place: Place, tmp_path: Path, postgres: Postgres) -> Place:
    """A database of the other kind, beside a copy of the master key."""
    folder = tmp_path / "target"
    folder.mkdir()
    return Place(folder, postgres.new_database() if place.database_url is None else None)


def name_of(place: Place) -> str:
    return place.database_url or f"sqlite:{place.data_dir / 'visavis.db'}"


def copied(source: Storage, place: Place, target: Place) -> Storage:
    with closing(open_database(name_of(target))) as new:
        told: list[int] = []
        total = count_rows(source.database)
        counts = copy_all(source.database, new, told.append)
    assert counts["faces"] == 4_495
    assert sum(told) == total
    (target.data_dir / "master.key").write_bytes((place.data_dir / "master.key").read_bytes())
    return target.open()


def test_a_copy_answers_as_the_original_did(filled: Storage, place: Place, target: Place) -> None:
    with closing(copied(filled, place, target)) as copy:
        assert copy.token_key == filled.token_key
        assert copy.apps.list_apps() == filled.apps.list_apps()
        app = owner(copy.apps, KeyKind.APP_KEY, "key-1", NOW)
        assert app == filled.apps.find_app("app")
        assert app is not None
        group = copy.gallery.require_group(app, "group")
        assert group == filled.gallery.require_group(app, "group")
        everything = FaceFilter(), None, 10_000
        assert copy.gallery.list_faces(group, *everything) == filled.gallery.list_faces(group, *everything)
        probe = unit_rows(1, width=16, seed=9)[0]
        assert copy.gallery.search(group, probe, 50, -1.0) == filled.gallery.search(group, probe, 50, -1.0)
        with pytest.raises(ServiceError) as caught:
            copy.gallery.require_group(app, "gone")
        assert caught.value.code is ErrorCode.GROUP_DELETED
        assert copy.access_keys.holder("token", NOW) == filled.access_keys.holder("token", NOW)
        assert check_all(copy.database, copy.keys, lambda _: None) == []


def test_numbering_goes_on_where_the_original_was(filled: Storage, place: Place, target: Place) -> None:
    with closing(copied(filled, place, target)) as copy:
        app = copy.apps.find_app("app")
        assert app is not None
        there, here = (storage.gallery.create_group(app, "next", "sface", 10) for storage in (copy, filled))
        assert there.id == here.id
        assert there.id > copy.gallery.require_group(app, "group").id + 1
        assert copy.apps.create_app("next", {}).id == filled.apps.create_app("next", {}).id
        numbers = {each.access_keys.create_key("next", "id-3", "s", None, 60).number for each in (copy, filled)}
        assert numbers == {3}
        face = new_face(unit_rows(1, width=16)[0])
        assert copy.gallery.add(there, [face], quota=10)[0].sequence == 1


class BrokenOffError(Exception):
    """As if the process had died."""


def break_off_after(rows: int) -> Callable[[int], None]:
    done = 0

    def tell(count: int) -> None:
        nonlocal done
        done += count
        if done >= rows:
            raise BrokenOffError

    return tell


@pytest.mark.parametrize("rows", [1, 5, 2_100])
def test_a_copy_that_broke_off_goes_on_and_serves_nobody_before(
    filled: Storage, place: Place, target: Place, rows: int
) -> None:
    with closing(open_database(name_of(target))) as new, pytest.raises(BrokenOffError):
        copy_all(filled.database, new, break_off_after(rows))
    with pytest.raises(SetupError, match="was not finished"):
        target.open()
    with closing(copied(filled, place, target)) as copy:
        assert check_all(copy.database, copy.keys, lambda _: None) == []


def test_a_database_with_records_is_not_copied_into(filled: Storage, place: Place, target: Place) -> None:
    copied(filled, place, target).close()
    with (
        closing(open_database(name_of(target))) as new,
        pytest.raises(SetupError, match="has records already"),
    ):
        copy_all(filled.database, new, ignore)


def test_an_unfinished_copy_of_another_database_is_not_gone_on_with(
    filled: Storage, target: Place, tmp_path: Path
) -> None:
    other = Place(tmp_path / "other").open()
    with closing(open_database(name_of(target))) as new:
        with pytest.raises(BrokenOffError):
            copy_all(other.database, new, break_off_after(1))
        with pytest.raises(SetupError, match="of another database"):
            copy_all(filled.database, new, ignore)
    other.close()


def test_a_source_that_changes_between_two_attempts_is_noticed(filled: Storage, target: Place) -> None:
    with closing(open_database(name_of(target))) as new:
        with pytest.raises(BrokenOffError):
            copy_all(filled.database, new, break_off_after(2_100))
        with filled.database.write() as connection:
            connection.execute(update(schema.faces).values(detection_score=0.5))
        with pytest.raises(SetupError, match="differ in faces"):
            copy_all(filled.database, new, ignore)


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_a_place_that_cannot_be_read_is_refused(place: Place) -> None:
    for wrong in ("mysql://host/name", "visavis.db"):
        with pytest.raises(SetupError, match="begins with postgresql://"):
            open_database(wrong)
    with pytest.raises(SetupError, match="cannot be used"):
        open_database(f"sqlite:{place.data_dir}/nowhere/visavis.db")


def ignore(count: int) -> None:
    """Progress that nobody watches."""
