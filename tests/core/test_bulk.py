"""Many pictures at once: each file has its result, in order, and no picture is stored twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from tests.core.world import FACE_QUOTA, World
from tests.fakes.pictures import GIF, FakeFace, picture
from visavis.core import bulk
from visavis.core.bulk import BulkRegistration, Entry, Result, read_picture
from visavis.errors import ErrorCode, ServiceError
from visavis.types import FaceFilter, FaceRecord, Group, ImageSize, NewFace, Refusal


class Import:
    """Files in a folder, and a group for their faces."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder = world, folder
        self.group = world.group()
        self.files = 0

    def file(self, data: bytes, label: str | None = None) -> Entry:
        self.files += 1
        path = self.folder / f"{self.files}.jpg"
        path.write_bytes(data)
        return Entry(path, label)

    def people(self, *people: int) -> list[Entry]:
        return [self.file(picture(FakeFace(person)), f"p{person}") for person in people]

    def registration(self, limit: int = 20, quota: int = 1000, threads: int = 2) -> BulkRegistration:
        world = self.world
        return BulkRegistration(world.analyzer, world.gallery, self.group, limit, quota, threads)

    def run(self, entries: Sequence[Entry], limit: int = 20, quota: int = 1000, threads: int = 2) -> list[Result]:
        batches = self.registration(limit, quota, threads).run(entries)
        return [result for batch in batches for result in batch]

    def records(self) -> list[FaceRecord]:
        return self.world.gallery.list_faces(self.group, FaceFilter(), None, 1000)[::-1]


@pytest.fixture
def importing(world: World, tmp_path: Path) -> Import:
    return Import(world, tmp_path)


def test_every_file_has_its_result_in_the_order_of_the_files(importing: Import) -> None:
    entries = [
        importing.file(picture(FakeFace(number % 16), width=1000 + number), f"l{number}") for number in range(40)
    ]
    results = importing.run(entries)
    assert [result.entry for result in results] == entries
    assert all((result.skipped, result.detail, result.added) == (None, "", 1) for result in results)
    assert [result.size for result in results] == [ImageSize(1000 + number, 500) for number in range(40)]
    told = {result.faces[0].face_id: result.entry.external_image_id for result in results}
    assert {record.face_id: record.external_image_id for record in importing.records()} == told


def test_what_is_imported_is_found_by_its_face(importing: Import, world: World) -> None:
    [result] = importing.run(importing.people(3))
    [face] = result.faces
    assert (face.face.box, face.refusal) == (FakeFace().found().box, None)
    record = world.gallery.require_face(importing.group, face.face_id or "")
    probe = world.analyzer
    with probe.decode(picture(FakeFace(3))) as seen:
        rows = probe.embed(seen, probe.find(seen), "old")
    [(found, cosine)] = world.gallery.search(importing.group, probe.as_probe(rows[0], "old"), 5, -1)
    assert (found, round(cosine, 3)) == (record, 0.8)


def test_each_reason_is_told(importing: Import, world: World) -> None:
    good = importing.file(picture(FakeFace(1)))
    same = importing.file(picture(FakeFace(1)))
    missing = Entry(importing.folder / "nowhere.jpg", None)
    folder = Entry(importing.folder, None)
    cases = {
        good: (None, ""),
        same: ("duplicate", f"The same as {good.path}."),
        importing.file(picture()): ("no_face", "No face of at least 60 x 60 pixels was found in the image."),
        importing.file(b"text"): ("not_an_image", "The bytes are not an image."),
        importing.file(GIF): ("unsupported_image_format", "The image is neither PNG nor JPEG."),
        importing.file(picture(width=79)): ("image_too_small", "The image is less than 80 pixels wide or high."),
        missing: ("unreadable", "No such file or directory."),
        folder: ("unreadable", "Is a directory."),
    }
    results = importing.run(list(cases), threads=1)
    assert {result.entry: (result.skipped, result.detail) for result in results} == cases
    assert [result.added for result in results] == [1] + [0] * 7
    assert [dict(result.reasons) for result in results] == [{}, *({left: 1} for left, _ in [*cases.values()][1:])]
    assert [result.size for result in results[1:]] == [None] * 7


def test_an_error_of_a_file_that_has_no_name_is_told_as_it_is(
    importing: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: Path) -> bytes:
        raise OSError("it is wet")

    monkeypatch.setattr(bulk, "read_picture", fails)
    [result] = importing.run(importing.people(1))
    assert (result.skipped, result.detail) == ("unreadable", "it is wet.")


def test_the_faces_of_a_picture_are_told_one_by_one(importing: Import, world: World) -> None:
    faces = [
        FakeFace(1, left=0, width=200, height=200),
        FakeFace(2, left=200, width=150, turn=(60, 0, 0)),
        FakeFace(3, left=400, width=140, comparability=1),
        FakeFace(4, left=600, width=130),
        FakeFace(5, left=800, width=120),
    ]
    [result] = importing.run([importing.file(picture(*faces))], limit=4)
    assert [face.refusal for face in result.faces] == [None, Refusal.POSE, Refusal.POOR, None, Refusal.LIMIT]
    stored = [record.face_id for record in importing.records()]
    assert [face.face_id for face in result.faces if face.face_id] == stored
    assert [face.face.box.x0 for face in result.faces] == [0, 200, 400, 600, 800]
    assert (result.added, dict(result.reasons)) == (2, {"pose": 1, "poor": 1, "limit": 1})
    assert len({record.image_id for record in importing.records()}) == 1


def test_a_group_may_ask_for_quality(importing: Import, world: World) -> None:
    importing.group = world.groups.change_settings(world.app, "group", {"min_quality": 50})
    [result] = importing.run([importing.file(picture(FakeFace(quality=49)))])
    assert (result.skipped, dict(result.reasons)) == (None, {"quality": 1})


def test_what_the_group_has_is_not_looked_at_again(importing: Import, world: World) -> None:
    entries = importing.people(1, 2, 3)
    importing.run(entries[:2])
    before, looked = importing.records(), world.analyzer.decoded
    results = importing.run(entries)
    assert [(result.skipped, result.detail, result.added) for result in results] == [
        ("present", "", 0),
        ("present", "", 0),
        (None, "", 1),
    ]
    assert [result.entry for result in results] == entries
    assert importing.records()[:2] == before
    assert world.analyzer.decoded == looked + 1


def test_a_picture_that_somebody_else_imports_meanwhile_is_not_added_twice(
    importing: Import, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = importing.people(1, 2)
    registration = importing.registration()
    world.gallery.add_unless_there(importing.group, _faces_of(importing, entries[0]), 1000)
    known = world.gallery.fingerprints
    asked: list[int] = []

    def nothing_yet(group: Group) -> set[bytes]:
        asked.append(group.id)
        return set() if len(asked) == 1 else known(group)

    monkeypatch.setattr(world.gallery, "fingerprints", nothing_yet)
    results = [result for batch in registration.run(entries) for result in batch]
    assert [(result.skipped, result.added) for result in results] == [("present", 0), (None, 1)]
    assert [result.entry for result in results] == entries
    assert results[0].faces == ()
    assert len(importing.records()) == 2


def _faces_of(importing: Import, entry: Entry) -> list[NewFace]:
    """What another import would store of the file."""
    data = entry.path.read_bytes()
    analyzer = importing.world.analyzer
    with analyzer.decode(data) as seen:
        [face] = analyzer.find(seen)
        [row] = analyzer.embed(seen, [face], "old")
    fingerprint = importing.world.gallery.fingerprinter(importing.group)(data)
    return [NewFace("theirs", "image", None, face.box, 0.9, row, fingerprint)]


def test_a_picture_whose_faces_were_deleted_can_be_imported_again(importing: Import, world: World) -> None:
    entries = importing.people(1, 2)
    importing.run(entries)
    world.faces.delete(world.app, "group", importing.records()[0].face_id)
    assert [result.skipped for result in importing.run(entries)] == [None, "present"]


def test_a_picture_of_which_nothing_could_be_stored_is_looked_at_again(importing: Import, world: World) -> None:
    entries = [importing.file(picture(FakeFace(1, turn=(90, 0, 0))))]
    for _ in range(2):
        [result] = importing.run(entries)
        assert (result.skipped, dict(result.reasons)) == (None, {"pose": 1})


def test_pictures_are_stored_whole_as_the_quota_leaves_room(importing: Import) -> None:
    pair = picture(FakeFace(5), FakeFace(6, left=300))
    entries = [*importing.people(1, 2), importing.file(pair), *importing.people(3)]
    results = importing.run(entries, quota=3)
    assert [result.added for result in results] == [1, 1, 0, 0]
    assert [dict(result.reasons) for result in results[2:]] == [{"quota": 2}, {"quota": 1}]
    assert [face.face.box.x0 for face in results[2].faces] == [10, 300]
    assert len(importing.records()) == 2


def test_a_full_group_is_noticed_and_nothing_more_is_looked_at(
    importing: Import, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "_FACES_AT_ONCE", 1)
    entries = [importing.file(picture(FakeFace(1), width=600 + number)) for number in range(60)]
    results = importing.run(entries, quota=1, threads=1)
    assert results[0].added == 1
    assert {reason for result in results[1:] for reason in result.reasons} == {"quota"}
    assert (results[-1].skipped, results[-1].detail) == ("quota", "The group is full.")
    assert [result.entry for result in results] == entries
    assert world.analyzer.decoded < 60


def test_a_group_that_is_filled_to_the_last_place_is_not_called_full(importing: Import) -> None:
    results = importing.run(importing.people(1, 2), quota=2)
    assert [result.skipped for result in results] == [None, None]


def test_faces_are_stored_many_a_transaction(
    importing: Import, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "_SECONDS", 1e9)
    entries = [importing.file(picture(FakeFace(1), width=600 + number)) for number in range(129)]
    batches = list(importing.registration().run(entries))
    assert [len(batch) for batch in batches] == [128, 1]
    monkeypatch.setattr(bulk, "_FACES_AT_ONCE", 3)
    pairs = [
        importing.file(picture(FakeFace(1), FakeFace(2, left=300), width=800 + number)) for number in range(4)
    ]
    assert [len(batch) for batch in importing.registration().run(pairs)] == [2, 2, 0]


def test_what_was_looked_at_is_stored_before_long(importing: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "_SECONDS", 0.0)
    batches = list(importing.registration().run(importing.people(1, 2, 3)))
    assert [len(batch) for batch in batches] == [1, 1, 1, 0]


def test_an_import_of_nothing_ends(importing: Import, world: World) -> None:
    assert importing.run([]) == []
    assert "register" not in {record.event.operation for record in world.recorded()}


def test_an_import_that_is_stopped_stores_what_it_began_and_no_more(
    importing: Import, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "_FACES_AT_ONCE", 1)
    entries = [importing.file(picture(FakeFace(1), width=600 + number)) for number in range(100)]
    stop = Event()
    registration = replace(importing.registration(threads=1), stop=stop)
    results: list[Result] = []
    for batch in registration.run(iter(entries)):
        results += batch
        stop.set()
    assert [result.entry for result in results] == entries[: len(results)]
    assert 1 <= len(results) == len(importing.records()) <= 17
    assert len(importing.run(entries)) == 100
    assert len(importing.records()) == 100


def test_an_import_does_not_read_far_ahead_of_what_is_stored(
    importing: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "_FACES_AT_ONCE", 1)
    read: list[Entry] = []

    def entries() -> Iterator[Entry]:
        for number in range(100):
            read.append(importing.file(picture(FakeFace(1), width=600 + number)))
            yield read[-1]

    batches = importing.registration(threads=2).run(entries())
    next(batches)
    assert len(read) == 32
    next(batches)
    assert len(read) == 33


def test_an_error_of_the_server_ends_the_import(importing: Import, world: World) -> None:
    importing.group = replace(importing.group, model="nowhere")
    with pytest.raises(ServiceError) as caught:
        importing.run(importing.people(1, 2))
    assert caught.value.code is ErrorCode.INTERNAL


def test_a_group_that_goes_away_ends_the_import(importing: Import, world: World) -> None:
    def entries() -> Iterator[Entry]:
        yield from importing.people(1, 2)
        world.groups.delete(world.app, "group")

    with pytest.raises(ServiceError) as caught:
        list(importing.registration().run(entries()))
    assert caught.value.code is ErrorCode.GROUP_NOT_FOUND


def test_the_file_of_a_picture_has_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "MAX_FILE_BYTES", 1000)
    path = tmp_path / "picture.jpg"
    path.write_bytes(bytes(1000))
    assert read_picture(path) == bytes(1000)
    path.write_bytes(bytes(1001))
    with pytest.raises(ServiceError) as caught:
        read_picture(path)
    assert caught.value.code is ErrorCode.IMAGE_TOO_LARGE
    assert caught.value.detail == "The image file has more than 1,000 bytes."


def test_an_import_takes_quota_and_parts_from_the_service_of_faces(importing: Import, world: World) -> None:
    registration = BulkRegistration.of(world.faces, importing.group, 2, 1, Event())
    results = [result for batch in registration.run(importing.people(*range(FACE_QUOTA + 1))) for result in batch]
    assert [result.added for result in results] == [1] * FACE_QUOTA + [0]
    [result] = BulkRegistration.of(world.faces, importing.group, 2, 1, registration.stop).run(
        [importing.file(picture(FakeFace(9), FakeFace(8, left=300), FakeFace(7, left=600)))]
    )
    assert [face.refusal for face in result[0].faces] == [Refusal.QUOTA, Refusal.QUOTA, Refusal.LIMIT]


def test_an_import_that_was_stopped_before_it_began_does_nothing(importing: Import, world: World) -> None:
    stop = Event()
    stop.set()
    assert list(BulkRegistration.of(world.faces, importing.group, 2, 1, stop).run(importing.people(1))) == [[]]
    assert importing.records() == []


def test_pictures_of_which_nothing_is_stored_cost_no_write(
    importing: Import, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(*_: object) -> tuple[list[FaceRecord], set[bytes]]:
        raise AssertionError("there is nothing to write")

    monkeypatch.setattr(world.gallery, "add_unless_there", write)
    [result] = importing.run([importing.file(picture(FakeFace(1, turn=(90, 0, 0))))])
    assert dict(result.reasons) == {"pose": 1}
