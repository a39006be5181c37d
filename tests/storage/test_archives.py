"""An archive brings back what was exported, or nothing; whoever alters it gets nothing in."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.storage.conftest import OpenStorage, only_sqlite
from tests.storage.faces import new_face, new_faces, unit_rows
from visavis.errors import ErrorCode, FaceError, SetupError
from visavis.identities import App
from visavis.storage import group_rows
from visavis.storage.archive.contents import ContentsWriter, GroupHead
from visavis.storage.archive.header import Cost, write_header
from visavis.storage.archive.restoring import Restored, Target
from visavis.storage.archive.stream import CHUNK_BYTES, SealedReader, SealedWriter
from visavis.storage.schema import metadata
from visavis.storage.store import Storage, open_storage
from visavis.types import Embedding, FaceFilter, FaceRecord, Group, GroupSettings

PASSPHRASE = "a few words for the tests"
CHEAP = Cost(memory_kib=64, passes=1, lanes=1)
SEALED_CHUNK = CHUNK_BYTES + 16


def nothing(_: int) -> None:
    """Progress that nobody watches."""


def exported(storage: Storage, *groups: Group, passphrase: str = PASSPHRASE) -> bytes:
    file = io.BytesIO()
    storage.archives.write(file, passphrase, groups, nothing, CHEAP)
    return file.getvalue()


def restore(
    storage: Storage, app: App, archive: bytes, passphrase: str = PASSPHRASE, **changed: Any
) -> list[Restored]:
    facts: dict[str, Any] = {"names": {}, "merge": False, "groups_quota": 10, "faces_quota": 1000} | changed
    return storage.archives.restore(io.BytesIO(archive), passphrase, Target(app, **facts), nothing)


def listed(storage: Storage, group: Group) -> list[FaceRecord]:
    return storage.gallery.list_faces(group, FaceFilter(), None, 1000)


def contents(storage: Storage) -> dict[str, list[Any]]:
    """Every row there is."""
    with storage._database.read() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table)))) for table in metadata.sorted_tables
        }


@pytest.fixture
def other(storage: Storage) -> App:
    return storage.apps.create_app("other", {})


@pytest.fixture
def filled(storage: Storage, group: Group) -> Group:
    """300 faces and settings: several chunks."""
    settings = GroupSettings(liveness=True, liveness_threshold=40, similarity=95, min_quality=30)
    faces = [
        new_face(row, image_id=f"image-{number // 2}", external_image_id=f"p{number}" if number % 3 else None)
        for number, row in enumerate(unit_rows(300))
    ]
    storage.gallery.add(group, faces, 1000)
    storage.gallery.delete_face(group, faces[7].face_id)
    return storage.gallery.change_settings(group, asdict(settings))


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
    assert storage.faults(nothing) == []


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
    with pytest.raises(FaceError) as caught:
        restore(storage, other, archive)
    assert (caught.value.code, contents(storage)) == (ErrorCode.DUPLICATE_GROUP, before)

    assert restore(storage, other, archive, merge=True) == [Restored("group", 299, 0)]
    storage.gallery.delete_face(mine, listed(storage, filled)[0].face_id)
    assert restore(storage, other, archive, merge=True) == [Restored("group", 1, 298)]
    assert len(listed(storage, mine)) == 300
    assert storage.gallery.require_group(other, "group").settings == GroupSettings()
    assert storage.faults(nothing) == []


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
    with pytest.raises(FaceError) as caught:
        restore(storage, other, archive, **quotas)
    assert (caught.value.code, contents(storage)) == (code, before)


def test_an_archive_is_of_one_moment_and_without_what_has_expired(
    storage: Storage, filled: Group, other: App
) -> None:
    storage.gallery.change_settings(filled, {"retention_hours": 1})
    with storage._database.write() as connection:
        faces = metadata.tables["faces"]
        long_ago = datetime.now(UTC) - timedelta(hours=2)
        gone = connection.execute(
            faces.update().where(faces.c.version <= 100).values(created_at=long_ago)
        ).rowcount
    group = storage.gallery.require_group(App(filled.app_id, "app", filled.created_at), "group")
    assert restore(storage, other, exported(storage, group)) == [Restored("group", 299 - gone, 0)]


@only_sqlite
def test_no_byte_of_a_template_or_a_name_is_in_the_clear(storage: Storage, filled: Group) -> None:
    archive = exported(storage, filled)
    for face in listed(storage, filled)[:50]:
        assert storage.gallery.open_template(filled, face.face_id).tobytes()[:8] not in archive
        assert face.face_id.encode() not in archive
    assert filled.model.encode() not in archive


@only_sqlite
def test_two_archives_of_the_same_have_nothing_in_common(storage: Storage, filled: Group) -> None:
    one, two = exported(storage, filled), exported(storage, filled)
    same = np.frombuffer(one[400:], np.uint8) == np.frombuffer(two[400:], np.uint8)
    assert same.mean() < 0.01


@only_sqlite
def test_only_its_passphrase_opens_an_archive_however_it_is_typed(
    storage: Storage, filled: Group, other: App
) -> None:
    archive = exported(storage, filled, passphrase="비밀번호 \u00e9t\u00e9 long enough")
    before = contents(storage)
    with pytest.raises(SetupError, match="passphrase"):
        restore(storage, other, archive)
    assert contents(storage) == before
    typed = unicodedata.normalize("NFD", "비밀번호 \u00e9t\u00e9 long enough")
    assert restore(storage, other, archive, passphrase=typed)[0].added == 299


def test_an_import_that_breaks_off_leaves_nothing(storage: Storage, filled: Group, other: App) -> None:
    archive, before = exported(storage, filled), contents(storage)

    def breaks_off(_: int) -> None:
        raise KeyboardInterrupt

    target = Target(other, {}, merge=False, groups_quota=10, faces_quota=1000)
    with pytest.raises(KeyboardInterrupt):
        storage.archives.restore(io.BytesIO(archive), PASSPHRASE, target, breaks_off)
    assert contents(storage) == before


def refused(storage: Storage, app: App, archive: bytes) -> None:
    """By both ways of reading, and nothing is left of it."""
    before = contents(storage)
    with pytest.raises(SetupError):
        storage.archives.inspect(io.BytesIO(archive), PASSPHRASE, nothing)
    with pytest.raises(SetupError):
        restore(storage, app, archive)
    assert contents(storage) == before


@only_sqlite
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_byte_that_was_changed_is_noticed_wherever_it_is(
    data: st.DataObject, storage: Storage, filled: Group, other: App
) -> None:
    archive = bytearray(exported(storage, filled))
    place = data.draw(st.one_of(st.integers(0, 300), st.integers(0, len(archive) - 1)))
    archive[place] ^= data.draw(st.integers(1, 255))
    refused(storage, other, bytes(archive))


@only_sqlite
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_an_archive_that_was_cut_or_lengthened_is_noticed(
    data: st.DataObject, storage: Storage, filled: Group, other: App
) -> None:
    archive = exported(storage, filled)
    header = archive.index(b"}\n") + 2
    ends = [header + number * SEALED_CHUNK for number in range(len(archive) // SEALED_CHUNK + 1)]
    cut = data.draw(st.one_of(st.sampled_from(ends), st.integers(0, len(archive) - 1)))
    refused(storage, other, archive[:cut])
    refused(storage, other, archive + data.draw(st.binary(min_size=1, max_size=40)))


@only_sqlite
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_chunks_that_were_moved_repeated_or_left_out_are_noticed(
    data: st.DataObject, storage: Storage, filled: Group, other: App
) -> None:
    archive = exported(storage, filled)
    header = archive.index(b"}\n") + 2
    chunks = [archive[start : start + SEALED_CHUNK] for start in range(header, len(archive), SEALED_CHUNK)]
    assert len(chunks) >= 4
    order = data.draw(
        st.one_of(
            st.permutations(range(len(chunks))),
            st.lists(st.integers(0, len(chunks) - 1), min_size=1, max_size=6),
        ).filter(lambda order: order != list(range(len(chunks))))
    )
    refused(storage, other, archive[:header] + b"".join(chunks[number] for number in order))


@only_sqlite
def test_a_chunk_of_another_archive_does_not_fit(storage: Storage, filled: Group, other: App) -> None:
    one, two = exported(storage, filled), exported(storage, filled)
    header = one.index(b"}\n") + 2
    refused(storage, other, one[: header + SEALED_CHUNK] + two[header + SEALED_CHUNK :])


def forged(*records: Callable[[ContentsWriter], None]) -> bytes:
    """What somebody who knows the passphrase could write."""
    file = io.BytesIO()
    writer = ContentsWriter(SealedWriter(file, *write_header(file, PASSPHRASE, CHEAP)))
    for record in records:
        record(writer)
    writer.finish()
    return file.getvalue()


def head(name: str = "forged", faces: int = 1, **changed: Any) -> Callable[[ContentsWriter], None]:
    made = GroupHead.of(name, "sface", datetime.now(UTC), faces, GroupSettings())
    return lambda writer: writer.group(made.model_copy(update=changed))


def face(embedding: Embedding, face_id: str = "one") -> Callable[[ContentsWriter], None]:
    new = new_face(embedding, face_id)
    record = FaceRecord(1, face_id, new.image_id, None, new.box, new.detection_score, datetime.now(UTC))
    return lambda writer: writer.face(record, embedding)


ROW = unit_rows(1)[0]


@only_sqlite
@pytest.mark.parametrize(
    "records",
    [
        (head(faces=2), face(ROW)),
        (head(faces=0), face(ROW)),
        (face(ROW),),
        (head(faces=1),),
        (head(faces=2), face(ROW), face(ROW)),
        (head(faces=2), face(ROW), face(unit_rows(1, 64)[0], "two")),
        (head(faces=1), face(ROW * 2)),
        (head(faces=1), face(np.full(128, np.nan, np.float32))),
        (head(faces=1), face(ROW, "x" * 256)),
        (head(settings={"unheard_of": 1}), face(ROW)),
        (head(settings={"similarity": "much"}), face(ROW)),
        (head("twice", 0), head("twice", 0)),
    ],
    ids=[
        "a face too few",
        "a face too many",
        "a face of no group",
        "no face",
        "an id twice",
        "two lengths",
        "not a unit vector",
        "not a number",
        "an id too long",
        "an unknown setting",
        "a wrong setting",
        "a group twice",
    ],
)
def test_what_cannot_be_is_refused_though_the_passphrase_is_right(
    records: tuple[Callable[[ContentsWriter], None], ...], storage: Storage, other: App
) -> None:
    before = contents(storage)
    archive = forged(*records)
    with pytest.raises(SetupError):
        storage.archives.inspect(io.BytesIO(archive), PASSPHRASE, nothing)
    with pytest.raises((SetupError, FaceError)):
        restore(storage, other, archive)
    assert contents(storage) == before


@pytest.mark.parametrize(
    ("start", "complaint"),
    [
        (b"", "not an archive"),
        (b"PK\x03\x04", "not an archive"),
        (b"visavis archive 2\n", "newer version"),
        (b"visavis archive 1\n", "damaged"),
        (b"visavis archive 1\n" + b"{" * 100_000, "damaged"),
        (
            b'visavis archive 1\n{"kdf":"argon2id","salt":"%s","memory_kib":2000000000,"passes":1,"lanes":1,'
            b'"check":"%s"}\n' % (b"0" * 32, b"0" * 32),
            "damaged",
        ),
    ],
    ids=["empty", "zip", "newer", "cut", "endless header", "asks for 2 TB"],
)
@only_sqlite
def test_what_is_no_archive_is_said_to_be_none(start: bytes, complaint: str, storage: Storage) -> None:
    with pytest.raises(SetupError, match=complaint):
        storage.archives.inspect(io.BytesIO(start), PASSPHRASE, nothing)


@given(pieces=st.lists(st.binary(max_size=3 * CHUNK_BYTES // 2), max_size=5))
@settings(max_examples=25)
def test_what_was_sealed_is_read_again(pieces: list[bytes]) -> None:
    file, whole = io.BytesIO(), b"".join(pieces)
    writer = SealedWriter(file, bytes(32), b"header")
    for piece in pieces:
        writer.write(piece)
    writer.finish()
    reader = SealedReader(io.BytesIO(file.getvalue()), bytes(32), b"header")
    assert reader.read(len(whole)) == whole
    reader.finish()


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
        restored = storage.archives.restore(io.BytesIO(archive), PASSPHRASE, target, delete_meanwhile)
        assert restored == [Restored("group", 299, 0), Restored("new", 0, 0)]
        deletions[0].result()
    assert [group.name for group in storage.gallery.list_groups(other, None, 10)] == ["new"]


def test_a_group_that_goes_as_an_archive_comes_in_is_made_anew(
    storage: Storage, filled: Group, other: App, open_again: OpenStorage
) -> None:
    archive = exported(storage, filled)
    there, elsewhere = storage.gallery.create_group(other, "group", "sface", 10), open_again()
    with ThreadPoolExecutor(1) as pool:
        with elsewhere._database.write() as connection:
            assert group_rows.lock_app(connection, other.id) == 1
            group_rows.delete_group(connection, there.id)
            group_rows.set_group_count(connection, other.id, 0)
            coming = pool.submit(restore, storage, other, archive, merge=True)
            sleep(0.5)
        assert coming.result() == [Restored("group", 299, 0)]
    assert storage.faults(nothing) == []
