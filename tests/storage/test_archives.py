"""An archive brings back what was exported, or nothing."""

from __future__ import annotations

import io
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from harness.storage.faces import new_face, new_faces, unit_rows
from harness.storage.retagging import tag_anew
from tests.ports.deliveries import SECRET, URL
from tests.ports.recognitions import recognise
from tests.storage.archives import PASSPHRASE, contents, exported, listed, nothing, restore
from tests.storage.conftest import OpenStorage
from visavis.errors import ErrorCode, ServiceError, SetupError
from visavis.identities import App
from visavis.storage.database.schema import metadata
from visavis.storage.gallery import group_rows
from visavis.storage.store import Storage, open_storage
from visavis.transfer.archive.archives import Archives
from visavis.transfer.archive.restoring import Restored, Target
from visavis.transfer.checking import check_all
from visavis.types import Group, GroupSettings

ROW = unit_rows(1)[0]


def test_everything_of_a_group_comes_back(storage: Storage, filled: Group, other: App) -> None:
    empty = storage.gallery.create_group(App(filled.app_id, "app", filled.created_at), "empty", "another", 10)
    archive = exported(storage, filled, empty)
    assert restore(storage, other, archive) == [Restored("group", 299, 0), Restored("empty", 0, 0)]
    back = storage.gallery.require_group(other, "group")
    assert replace(back, id=filled.id, app_id=filled.app_id) == replace(filled, face_count=299)
    before, after = listed(storage, filled), listed(storage, back)
    assert [replace(face, sequence=0) for face in after] == [replace(face, sequence=0) for face in before]
    for face in before[::50]:
        template = storage.gallery.open_template(filled, face.face_id)
        assert storage.gallery.open_template(back, face.face_id).tobytes() == template.tobytes()
        [(best, _)] = storage.gallery.search(back, template, 1, 0.9)
        assert best.face_id == face.face_id
    assert check_all(storage.database, storage.keys, nothing) == []


def test_neither_events_nor_a_webhook_come_with_a_group(storage: Storage, filled: Group, other: App) -> None:
    watched = storage.gallery.change_settings(filled, {"recognition_event_days": 30})
    assert storage.webhooks.set_url(watched, URL, SECRET)
    assert recognise(storage, watched, listed(storage, watched)[0].external_image_id)
    restore(storage, other, exported(storage, watched))
    back = storage.gallery.require_group(other, "group")
    assert back.settings.recognition_event_days == 30
    assert (storage.webhooks.find(watched) is None, storage.webhooks.find(back)) == (False, None)
    rows = {name: len(kept) for name, kept in contents(storage).items()}
    assert [rows[name] for name in ("webhooks", "recognition_events", "webhook_deliveries")] == [1, 1, 1]


def test_an_archive_opens_where_neither_master_key_nor_database_are_those_it_came_from(
    storage: Storage, filled: Group, tmp_path: Path
) -> None:
    elsewhere = open_storage(tmp_path / "elsewhere")
    try:
        app = elsewhere.apps.create_app("app", {})
        assert restore(elsewhere, app, exported(storage, filled)) == [Restored("group", 299, 0)]
    finally:
        elsewhere.close()


def test_a_group_may_get_another_name(storage: Storage, filled: Group) -> None:
    app = App(filled.app_id, "app", filled.created_at)
    assert restore(storage, app, exported(storage, filled), names={"group": "copy"}) == [Restored("copy", 299, 0)]
    assert len(listed(storage, storage.gallery.require_group(app, "copy"))) == 299


def test_groups_that_are_there_are_in_the_way_unless_they_are_to_be_merged(
    storage: Storage, filled: Group, other: App
) -> None:
    archive = exported(storage, filled)
    mine = storage.gallery.create_group(other, "group", "sface", 10)
    storage.gallery.add(mine, [new_face(unit_rows(1, seed=9)[0], "mine")], 10)
    before = contents(storage)
    with pytest.raises(ServiceError) as caught:
        restore(storage, other, archive)
    assert (caught.value.code, contents(storage)) == (ErrorCode.DUPLICATE_GROUP, before)

    assert restore(storage, other, archive, merge=True) == [Restored("group", 299, 0)]
    storage.gallery.delete_face(mine, listed(storage, filled)[0].face_id)
    assert restore(storage, other, archive, merge=True) == [Restored("group", 1, 298)]
    assert len(listed(storage, mine)) == 300
    assert storage.gallery.require_group(other, "group").settings == GroupSettings()
    assert check_all(storage.database, storage.keys, nothing) == []


def test_faces_do_not_go_into_a_group_of_another_model(storage: Storage, filled: Group, other: App) -> None:
    archive = exported(storage, filled)
    storage.gallery.create_group(other, "group", "another", 10)
    before = contents(storage)
    with pytest.raises(SetupError, match="sface, those of the group 'group' of another"):
        restore(storage, other, archive, merge=True)
    assert contents(storage) == before


def test_faces_of_another_length_do_not_go_into_a_group(storage: Storage, filled: Group, other: App) -> None:
    archive = exported(storage, filled)
    mine = storage.gallery.create_group(other, "group", "sface", 10)
    storage.gallery.add(mine, new_faces(1, width=64), 10)
    with pytest.raises(SetupError, match="not as long"):
        restore(storage, other, archive, merge=True)
    assert len(listed(storage, mine)) == 1


@pytest.mark.parametrize(
    ("quotas", "code"),
    [
        ({"groups_quota": 0}, ErrorCode.GROUP_QUOTA_EXCEEDED),
        ({"faces_quota": 298}, ErrorCode.FACE_QUOTA_EXCEEDED),
    ],
)
def test_quotas_hold_for_archives_too(
    quotas: dict[str, Any], code: ErrorCode, storage: Storage, filled: Group, other: App
) -> None:
    archive, before = exported(storage, filled), contents(storage)
    with pytest.raises(ServiceError) as caught:
        restore(storage, other, archive, **quotas)
    assert (caught.value.code, contents(storage)) == (code, before)


def test_an_archive_is_of_one_moment_and_without_what_has_expired(
    storage: Storage, filled: Group, other: App
) -> None:
    storage.gallery.change_settings(filled, {"retention_hours": 1})
    with storage.database.write() as connection:
        faces = metadata.tables["faces"]
        long_ago = datetime.now(UTC) - timedelta(hours=2)
        gone = connection.execute(
            faces.update().where(faces.c.version <= 100).values(created_at=long_ago)
        ).rowcount
    tag_anew(storage)
    group = storage.gallery.require_group(App(filled.app_id, "app", filled.created_at), "group")
    assert restore(storage, other, exported(storage, group)) == [Restored("group", 299 - gone, 0)]


def test_an_import_that_breaks_off_leaves_nothing(storage: Storage, filled: Group, other: App) -> None:
    archive, before = exported(storage, filled), contents(storage)

    def breaks_off(_: int) -> None:
        raise KeyboardInterrupt

    target = Target(other, {}, merge=False, groups_quota=10, faces_quota=1000)
    with pytest.raises(KeyboardInterrupt):
        Archives.of(storage).restore(io.BytesIO(archive), PASSPHRASE, target, breaks_off)
    assert contents(storage) == before


def test_a_reader_that_was_there_before_finds_what_an_archive_brought(
    storage: Storage, filled: Group, other: App, open_again: OpenStorage
) -> None:
    mine = storage.gallery.create_group(other, "group", "sface", 10)
    storage.gallery.add(mine, new_faces(3, seed=5), 10)
    server = open_again()
    assert len(server.gallery.search(mine, ROW, 500, -1.0)) == 3
    restore(storage, other, exported(storage, filled), merge=True)
    assert len(server.gallery.search(mine, ROW, 500, -1.0)) == 302


def test_a_group_that_is_to_be_deleted_while_an_archive_comes_in_waits_for_it(
    storage: Storage, filled: Group, other: App, open_again: OpenStorage
) -> None:
    archive = exported(storage, filled, storage.gallery.create_group(other, "new", "sface", 10))
    there, elsewhere = storage.gallery.create_group(other, "group", "sface", 10), open_again()
    storage.gallery.delete_group(storage.gallery.require_group(other, "new"))
    with ThreadPoolExecutor(1) as pool:
        deletions: list[Future[None]] = []

        def delete_meanwhile(_: int) -> None:
            if not deletions:
                deletions.append(pool.submit(elsewhere.gallery.delete_group, there))
                sleep(0.5)  # until it waits for what the import has locked

        target = Target(other, {}, merge=True, groups_quota=10, faces_quota=1000)
        restored = Archives.of(storage).restore(io.BytesIO(archive), PASSPHRASE, target, delete_meanwhile)
        assert restored == [Restored("group", 299, 0), Restored("new", 0, 0)]
        deletions[0].result()
    assert [group.name for group in storage.gallery.list_groups(other, None, 10)] == ["new"]


def test_a_group_that_goes_as_an_archive_comes_in_is_made_anew(
    storage: Storage, filled: Group, other: App, open_again: OpenStorage
) -> None:
    archive = exported(storage, filled)
    there, elsewhere = storage.gallery.create_group(other, "group", "sface", 10), open_again()
    with ThreadPoolExecutor(1) as pool:
        with elsewhere.database.write() as connection:
            assert group_rows.lock_app(connection, other.id) == 1
            group_rows.delete_group(connection, elsewhere.keys.proofs, there.id)
            group_rows.set_group_count(connection, other.id, 0)
            coming = pool.submit(restore, storage, other, archive, merge=True)
            sleep(0.5)
        assert coming.result() == [Restored("group", 299, 0)]
    assert check_all(storage.database, storage.keys, nothing) == []
