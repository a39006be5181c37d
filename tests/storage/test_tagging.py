"""What an older version has kept gets its tags at the first start, whatever is killed or starts beside it."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from sqlalchemy import Connection, delete, func, select, update

from harness.storage.faces import new_faces
from harness.storage.place import Place
from harness.storage.retagging import forget_tags
from tests.storage.peer import SPAWN, open_and_close
from visavis.errors import ServiceError
from visavis.identities import App, KeyKind, Role
from visavis.storage.database.metadata import set_metadata
from visavis.storage.database.schema import faces, groups, invitations, sessions, sets
from visavis.storage.proof import tagging
from visavis.storage.proof.record_sets import LATER_KINDS
from visavis.storage.proof.records import Proofs
from visavis.storage.store import Storage
from visavis.transfer.checking import check_all
from visavis.types import Group, NewFace

pytestmark = pytest.mark.slow

NOW = datetime.now(UTC)
SECRET, OTHER = sha256(b"a secret").digest(), sha256(b"another").digest()


@pytest.fixture
def older(storage: Storage, app: App, group: Group, place: Place) -> list[NewFace]:
    """6,000 faces in two groups, as a version left them that knew of no tags."""
    found = new_faces(6000, width=16)
    other = storage.gallery.create_group(app, "other", "sface", quota=10)
    storage.gallery.add(group, found[:5000], quota=10_000)
    storage.gallery.add(other, found[5000:], quota=10_000)
    storage.gallery.delete_face(group, found[0].face_id)
    forget_tags(storage)
    storage.close()
    (place.data_dir / "anchor").unlink()
    return found[1:]


def assert_whole(place: Place, app: App, kept: list[NewFace]) -> None:
    with closing(place.open()) as storage:
        assert check_all(storage.database, storage.keys, lambda _: None) == []
        for name, face in (("group", kept[0]), ("other", kept[-1])):
            [(best, _)] = storage.gallery.search(storage.gallery.require_group(app, name), face.embedding, 1, 0.9)
            assert best.face_id == face.face_id


def test_older_rows_are_tagged_at_the_first_start(
    older: list[NewFace], app: App, place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    assert_whole(place, app, older)
    assert "Adding tags to rows, which earlier versions did not have: 5999 faces." in caplog.text
    caplog.clear()
    assert_whole(place, app, older)
    assert "tags" not in caplog.text


def open_and_die(place: Place) -> None:
    """Be killed in the middle of the second batch."""
    original, batches = tagging._tag_faces, []

    def deadly(connection: Connection, proofs: Proofs, group_key: int) -> int:
        count = original(connection, proofs, group_key)
        batches.append(count)
        if len(batches) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return count

    tagging._tag_faces = deadly
    place.open()


def test_a_start_that_is_killed_goes_on_where_it_was(older: list[NewFace], app: App, place: Place) -> None:
    process = SPAWN.Process(target=open_and_die, args=(place,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert_whole(place, app, older)


def test_several_may_start_at_once(older: list[NewFace], app: App, place: Place) -> None:
    with ProcessPoolExecutor(3, mp_context=SPAWN) as pool:
        assert len(set(pool.map(open_and_close, [place] * 3))) == 1
    assert_whole(place, app, older)


def test_people_who_were_signed_in_or_invited_still_are(storage: Storage, place: Place) -> None:
    """Of their secrets an older version has kept plain hashes."""
    storage.accounts.add_invitation(SECRET, Role.ADMINISTRATOR, None, NOW + timedelta(days=7))
    user = storage.accounts.accept(SECRET, NOW, "ada", "hash")
    storage.accounts.add_session(SECRET, user, NOW)
    storage.accounts.add_invitation(OTHER, Role.MEMBER, None, NOW + timedelta(days=7))
    with storage.database.write() as connection:
        connection.execute(update(sessions).values(digest=SECRET, tag=None))
        connection.execute(update(invitations).values(digest=OTHER, tag=None))
        connection.execute(delete(sets))
        set_metadata(connection, tagging.MARK, b"")
    storage.close()
    (place.data_dir / "anchor").unlink()
    with closing(place.open()) as upgraded:
        session, invitation = upgraded.accounts.find_session(SECRET), upgraded.accounts.find_invitation(OTHER, NOW)
        assert session is not None
        assert (session.user.name, session.user.role) == ("ada", Role.ADMINISTRATOR)
        assert invitation is not None
        assert invitation.role is Role.MEMBER
        assert check_all(upgraded.database, upgraded.keys, lambda _: None) == []


def test_second_factors_of_the_version_before_get_tags(storage: Storage, place: Place) -> None:
    storage.accounts.add_invitation(SECRET, Role.ADMINISTRATOR, None, NOW + timedelta(days=7))
    user = storage.accounts.accept(SECRET, NOW, "ada", "hash")
    storage.second_factors.enrol(user, "A" * 32, 1, ["a code"], NOW)
    later = [kind.table for kind in LATER_KINDS]
    with storage.database.write() as connection:
        for table in later:
            connection.execute(update(table).values(tag=None))
        connection.execute(delete(sets).where(sets.c.name.in_([table.name for table in later])))
        set_metadata(connection, tagging.MARK, b"")
    storage.close()
    (place.data_dir / "anchor").unlink()
    with closing(place.open()) as upgraded:
        assert upgraded.second_factors.secret_of(user) == "A" * 32
        assert upgraded.second_factors.use_code(user, "a code")
        assert check_all(upgraded.database, upgraded.keys, lambda _: None) == []


def test_whoever_puts_the_mark_back_has_nothing_tagged(
    storage: Storage, app: App, group: Group, place: Place
) -> None:
    storage.gallery.add(group, new_faces(2, width=16), quota=10)
    with storage.database.write() as connection:
        connection.execute(update(faces).values(tag=None, external_image_id="another"))
        connection.execute(update(groups).values(face_set=None))
        set_metadata(connection, tagging.MARK, b"")
    storage.close()
    with closing(place.open()) as opened:
        found = check_all(opened.database, opened.keys, lambda _: None)
        assert sum("The record of the face" in fault for fault in found) == 2
        probe = new_faces(1, width=16)[0].embedding
        with pytest.raises(ServiceError, match="was altered"):
            opened.gallery.search(opened.gallery.require_group(app, "group"), probe, 1, 0)


def test_a_new_database_begins_with_its_sets(place: Place) -> None:
    with closing(place.open()) as storage:
        assert check_all(storage.database, storage.keys, lambda _: None) == []
        with storage.database.read() as connection:
            assert connection.scalar(select(func.count()).select_from(sets)) == 10
            untagged = [
                connection.scalar(select(func.count()).where(table.c.tag.is_(None))) for table in (faces, groups)
            ]
        assert untagged == [0, 0]
        app = storage.apps.create_app("app", {KeyKind.APP_KEY: "key"})
        [caller] = storage.apps.callers({KeyKind.APP_KEY: "key"}, NOW)
        assert caller is not None
        assert caller.app == app
