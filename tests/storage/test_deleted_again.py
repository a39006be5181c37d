"""What was deleted after a backup does not come back with it, unless somebody says so."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from harness.storage.faces import new_faces
from tests.storage.conftest import only_sqlite, owner
from visavis.audit_events import AuditFilter
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import App, KeyKind, Role
from visavis.storage.store import DATABASE_FILE, Storage, head_in, open_storage
from visavis.transfer.backup.make import back_up
from visavis.transfer.backup.restore import Target, restore_backup
from visavis.transfer.checking import check_all
from visavis.types import FaceFilter, Group, NewFace

pytestmark = [pytest.mark.slow, only_sqlite]

NOW = datetime.now(UTC)
SECRETS = [sha256(bytes([number])).digest() for number in range(4)]


@pytest.fixture
def faces(storage: Storage, app: App, group: Group, tmp_path: Path) -> list[NewFace]:
    """Five faces, two keys, groups, apps, users and access keys, in a backup; some are deleted after it."""
    found = new_faces(5)
    storage.gallery.add(group, found, quota=10)
    storage.apps.add_keys(app, {KeyKind.APP_KEY: "kept", KeyKind.API_KEY: "revoked"}, NOW)
    gone = storage.gallery.create_group(app, "gone", "sface", quota=10)
    storage.gallery.add(gone, new_faces(2), quota=10)
    other = storage.apps.create_app("other", {KeyKind.APP_KEY: "of the other"})
    for secret, name in zip(SECRETS, ("ada", "eve"), strict=False):
        storage.accounts.add_invitation(secret, Role.ADMINISTRATOR, None, NOW + timedelta(days=7))
        user = storage.accounts.accept(secret, NOW, name, "hash")
        storage.second_factors.enrol(user, f"factor of {name}", 0, [f"code of {name}"], NOW)
    storage.accounts.add_invitation(SECRETS[2], Role.MEMBER, None, NOW + timedelta(days=7))
    access_keys = [storage.access_keys.create_key(name, name, "secret", None, 60) for name in ("here", "revoked")]
    storage.access_keys.add_token(access_keys[0], "token", NOW, NOW + timedelta(days=1), keep=2)
    storage.webhooks.set_url(group, "https://gate.example/", "whsec_c2VjcmV0")
    back_up(storage, tmp_path / "backup.tar", lambda _: None)
    storage.webhooks.remove(group)
    storage.gallery.delete_face(group, found[1].face_id)
    storage.gallery.add(group, new_faces(1, seed=8), quota=10)
    storage.gallery.delete_group(gone)
    storage.apps.delete_app(other)
    storage.apps.delete_keys(app, [key.id for key in storage.apps.list_keys(app) if key.kind is KeyKind.API_KEY])
    storage.access_keys.delete_key(access_keys[1])
    eve = next(user for user in storage.accounts.list_users() if user.name == "eve")
    storage.accounts.delete_user(eve)
    storage.accounts.accept(SECRETS[2], NOW, "bob", "hash")
    storage.audit.advance(wait=True)
    storage.close()
    return found


def restored(
    data_dir: Path, tmp_path: Path, tell: Callable[[str], None], *, keep_deleted: bool = False
) -> Storage:
    target = Target(data_dir, None, replace=True, keep_deleted=keep_deleted)
    restore_backup(tmp_path / "backup.tar", target, lambda _: None, tell)
    return open_storage(data_dir, accept_older=head_in(data_dir, None))


def test_what_was_deleted_after_the_backup_is_deleted_again(
    faces: list[NewFace], app: App, group: Group, data_dir: Path, tmp_path: Path
) -> None:
    told: list[str] = []
    with closing(restored(data_dir, tmp_path, told.append)) as storage:
        assert sorted(told) == sorted(
            [
                "Deleted again: the app 'other'.",
                "Deleted again: the group 'gone'.",
                "Deleted again: the invitation of a member.",
                "Deleted again: the key number 2.",
                "Deleted again: the user 'eve'.",
                "Deleted again: the user access key 'revoked'.",
                "Deleted again: the webhook of group number 1.",
                f"Deleted again: 1 faces of the group 'group': {faces[1].face_id}.",
            ]
        )
        listed = storage.gallery.list_faces(group, FaceFilter(), None, 10)
        assert {face.face_id for face in listed} == {face.face_id for face in faces} - {faces[1].face_id}
        assert [record.face_id for record, _ in storage.gallery.search(group, faces[0].embedding, 1, 0.9)] == [
            faces[0].face_id
        ]
        with pytest.raises(ServiceError) as caught:
            storage.gallery.require_group(app, "gone")
        assert caught.value.code is ErrorCode.GROUP_NOT_FOUND
        assert owner(storage.apps, KeyKind.APP_KEY, "kept", NOW) == app
        assert owner(storage.apps, KeyKind.API_KEY, "revoked", NOW) is None
        assert [user.name for user in storage.accounts.list_users()] == ["ada"]
        assert storage.second_factors.enrolled() == {storage.accounts.list_users()[0].id}
        assert storage.webhooks.find(group) is None
        assert storage.accounts.find_invitation(SECRETS[2], NOW) is None
        assert [key.name for key in storage.access_keys.list_keys()] == ["here"]
        assert check_all(storage.database, storage.keys, lambda _: None) == []
        recorded = {each.event.operation for each in storage.audit.stream(AuditFilter()) if each.event.detail}
        assert {"delete_face", "delete_group", "delete_app", "delete_again"} <= recorded


def test_it_comes_back_for_who_asks_for_it(
    faces: list[NewFace], app: App, group: Group, data_dir: Path, tmp_path: Path
) -> None:
    told: list[str] = []
    with closing(restored(data_dir, tmp_path, told.append, keep_deleted=True)) as storage:
        assert told == []
        assert len(storage.gallery.list_faces(group, FaceFilter(), None, 10)) == 5
        assert storage.gallery.require_group(app, "gone").face_count == 2
        assert len(storage.access_keys.list_keys()) == 2


@pytest.mark.parametrize("keep_deleted", [False, True])
def test_no_token_of_a_backup_works_again(
    faces: list[NewFace], data_dir: Path, tmp_path: Path, keep_deleted: bool
) -> None:
    """Which of them were revoked since, nobody knows."""
    del faces
    with closing(restored(data_dir, tmp_path, lambda _: None, keep_deleted=keep_deleted)) as storage:
        assert storage.access_keys.holder("token", NOW) is None
        [key, *_] = storage.access_keys.list_keys()
        storage.access_keys.add_token(key, "another", NOW, NOW + timedelta(days=1), keep=2)
        assert storage.access_keys.holder("another", NOW) == key


@pytest.mark.parametrize(
    "damage", ["UPDATE faces SET external_image_id = 'x'", "DELETE FROM faces", "DROP TABLE sets"]
)
def test_a_database_that_is_not_in_order_is_not_believed(
    faces: list[NewFace], group: Group, data_dir: Path, tmp_path: Path, damage: str
) -> None:
    """Otherwise who writes to it could have any face deleted by a restore."""
    with closing(sqlite3.connect(data_dir / DATABASE_FILE)) as connection:
        connection.execute(damage)
        connection.commit()
    told: list[str] = []
    with closing(restored(data_dir, tmp_path, told.append)) as storage:
        assert [sentence.partition(":")[0] for sentence in told] == [
            "It is not known what was deleted after the backup was made, and it may be there again"
        ]
        assert len(storage.gallery.list_faces(group, FaceFilter(), None, 10)) == 5


def test_another_database_says_nothing_about_the_backup(
    faces: list[NewFace], group: Group, data_dir: Path, tmp_path: Path
) -> None:
    open_storage(tmp_path / "another").close()
    (data_dir / DATABASE_FILE).write_bytes((tmp_path / "another" / DATABASE_FILE).read_bytes())
    told: list[str] = []
    with closing(restored(data_dir, tmp_path, told.append)) as storage:
        assert len(told) == 1
        assert len(storage.gallery.list_faces(group, FaceFilter(), None, 10)) == 5
