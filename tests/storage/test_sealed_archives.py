"""Nobody reads an archive without its passphrase, and whoever alters it gets nothing in."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.storage.faces import new_face, unit_rows
from tests.storage.archives import CHEAP, PASSPHRASE, contents, exported, listed, nothing, restore
from tests.storage.conftest import only_sqlite
from visavis.errors import ServiceError, SetupError
from visavis.identities import App
from visavis.storage.store import Storage
from visavis.transfer.archive.archives import Archives
from visavis.transfer.archive.contents import ContentsWriter, GroupHead
from visavis.transfer.archive.header import write_header
from visavis.transfer.archive.stream import CHUNK_BYTES, SealedReader, SealedWriter
from visavis.types import Embedding, FaceRecord, Group, GroupSettings

pytestmark = pytest.mark.slow

SEALED_CHUNK = CHUNK_BYTES + 16


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


def refused(storage: Storage, app: App, archive: bytes) -> None:
    """By both ways of reading, and nothing is left of it."""
    before = contents(storage)
    with pytest.raises(SetupError):
        Archives.of(storage).inspect(io.BytesIO(archive), PASSPHRASE, nothing)
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


def face(embedding: Embedding, face_id: str = "one", **changed: Any) -> Callable[[ContentsWriter], None]:
    new = new_face(embedding, face_id)
    record = FaceRecord(1, face_id, new.image_id, None, new.box, new.detection_score, datetime.now(UTC))
    return lambda writer: writer.face(replace(record, **changed), embedding)


def deep(kind: bytes, before: bytes) -> Callable[[ContentsWriter], None]:
    """A record of JSON that would take a reader without bounds all of its stack."""
    text = before + b"[" * 30_000 + b"]" * 30_000 + b"}"
    body = text if kind == b"G" else len(text).to_bytes(2, "big") + text + ROW.tobytes()
    return lambda writer: writer._write(kind, body)


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
        (deep(b"G", b'{"name":'), face(ROW)),
        (deep(b"G", b'{"name":"deep","model":"sface","faces":1,"settings":'), face(ROW)),
        (head(faces=1), deep(b"F", b'{"box":')),
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
        "a deep group",
        "deep settings",
        "a deep face",
    ],
)
def test_what_cannot_be_is_refused_though_the_passphrase_is_right(
    records: tuple[Callable[[ContentsWriter], None], ...], storage: Storage, other: App
) -> None:
    before = contents(storage)
    archive = forged(*records)
    with pytest.raises(SetupError):
        Archives.of(storage).inspect(io.BytesIO(archive), PASSPHRASE, nothing)
    with pytest.raises((SetupError, ServiceError)):
        restore(storage, other, archive)
    assert contents(storage) == before


@only_sqlite
@pytest.mark.parametrize(
    ("records", "complaint"),
    [
        ((head("group\0"), face(ROW)), r"an invalid group: 'group\\x00'"),
        ((head(".."), face(ROW)), r"an invalid group: '\.\.'"),
        ((head("x" * 256), face(ROW)), "an invalid group: 'x+"),
        ((head(), face(ROW, "one\0")), r"a face with an invalid id: 'one\\x00'"),
        ((head(), face(ROW, "one two")), "a face with an invalid id: 'one two'"),
        ((head(), face(ROW, image_id="")), "a face with an invalid id: ''"),
        ((head(), face(ROW, external_image_id="ines\0")), r"with an invalid external id: 'ines\\x00'"),
        ((head(), face(ROW, external_image_id="")), "with an invalid external id: ''"),
        ((head(), face(ROW, external_image_id="x" * 256)), "with an invalid external id: 'x+"),
        ((head(settings={"similarity": 900}), face(ROW)), "'similarity' must be a number from 0 to 100"),
        ((head(settings={"retention_hours": -3}), face(ROW)), "'retention_hours' must be a whole number from 0"),
        ((head(settings={"retention_hours": 1.5}), face(ROW)), "'retention_hours' must be a whole number from 0"),
        ((head(settings={"similarity": True}), face(ROW)), "'similarity' must be a number"),
        ((head(settings={"liveness": 1}), face(ROW)), "'liveness' must be true or false"),
        ((head(settings={"unheard_of": 1}), face(ROW)), "newer version: its groups have a setting 'unheard_of'"),
    ],
)
def test_an_archive_is_held_against_the_rules_of_every_api_and_says_what_is_wrong(
    records: tuple[Callable[[ContentsWriter], None], ...], complaint: str, storage: Storage, other: App
) -> None:
    before, archive = contents(storage), forged(*records)
    with pytest.raises(SetupError, match=complaint):
        Archives.of(storage).inspect(io.BytesIO(archive), PASSPHRASE, nothing)
    with pytest.raises(SetupError, match=complaint):
        restore(storage, other, archive)
    assert contents(storage) == before


@only_sqlite
def test_a_label_of_search_face_comes_back_though_no_other_api_takes_it(storage: Storage, other: App) -> None:
    archive = forged(head(), face(ROW, external_image_id="홍 길동"))
    assert restore(storage, other, archive)[0].added == 1
    [listed_face] = listed(storage, storage.gallery.require_group(other, "forged"))
    assert listed_face.external_image_id == "홍 길동"


@pytest.mark.parametrize(
    ("start", "complaint"),
    [
        (b"", "not an archive"),
        (b"PK\x03\x04", "not an archive"),
        (b"visavis archive 2\n", "newer version"),
        (b"visavis archive 1\n", "damaged"),
        (b"visavis archive 1\n" + b"{" * 100_000, "damaged"),
        (b'visavis archive 1\n{"salt":' + b"[" * 480 + b"]" * 480 + b"}\n", "damaged"),
        (
            b'visavis archive 1\n{"kdf":"argon2id","salt":"%s","memory_kib":2000000000,"passes":1,"lanes":1,'
            b'"check":"%s"}\n' % (b"0" * 32, b"0" * 32),
            "damaged",
        ),
    ],
    ids=["empty", "zip", "newer", "cut", "endless header", "deep header", "asks for 2 TB"],
)
@only_sqlite
def test_what_is_no_archive_is_said_to_be_none(start: bytes, complaint: str, storage: Storage) -> None:
    with pytest.raises(SetupError, match=complaint):
        Archives.of(storage).inspect(io.BytesIO(start), PASSPHRASE, nothing)


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
