"""Every face of an import is stored, or there is a reason why not; no picture is stored twice."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import PIL.Image
import pytest

from tests.bulk.conftest import Desk, MakePicture
from visavis.cli.sources import entries_of
from visavis.core.bulk import Entry
from visavis.errors import ErrorCode, ServiceError
from visavis.types import GroupSettings


def written(folder: Path, **files: bytes) -> list[Entry]:
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return [Entry(folder / name, name) for name in files]


def test_the_people_of_a_folder_are_found_by_their_names(desk: Desk, people: Path) -> None:
    entries = entries_of(people)
    results = desk.add(entries)
    assert [result.entry for result in results] == entries
    assert [(result.entry.external_image_id, result.faces[0].face_id) for result in results] == desk.stored()
    assert sum(result.added for result in results) == len(desk.stored()) == 20


def test_each_reason_is_told(desk: Desk, tmp_path: Path, small: MakePicture) -> None:
    portrait = small("P001")
    entries = written(
        tmp_path / "files",
        good=portrait,
        same=portrait,
        cut=small("P003")[:3000],
        text=b"nothing",
        tiny=small("P004")[:0],
        bitmap=b"BM" + bytes(200),
    )
    entries.append(Entry(tmp_path / "nowhere", None))
    entries.append(Entry(tmp_path, None))
    by_name = {result.entry.path.name: result for result in desk.add(entries)}
    told = {name: (result.skipped, result.added) for name, result in by_name.items()}
    first, second = sorted(("good", "same"), key=lambda name: -by_name[name].added)  # either thread may be first
    assert (told[first], told[second]) == ((None, 1), ("duplicate", 0))
    assert by_name[second].detail == f"The same as {by_name[first].entry.path}."
    assert told["cut"] == ("broken_image", 0)
    assert told["text"] == told["tiny"] == ("not_an_image", 0)
    assert told["bitmap"] == ("unsupported_image_format", 0)
    assert told["nowhere"] == told[tmp_path.name] == ("unreadable", 0)
    assert len(desk.stored()) == sum(result.added for result in by_name.values())


def test_bystanders_and_poor_pictures_are_left_out(desk: Desk, tmp_path: Path, small: MakePicture) -> None:
    crowd = written(tmp_path / "files", crowd=small("P001", "character_sheet", side=1600))
    [result] = desk.add(crowd, limit=2)
    assert result.added == 2 - result.reasons["pose"]
    assert result.reasons["limit"] == len(result.faces) - 2
    asked = replace(desk.group, settings=GroupSettings(min_quality=100))
    [result] = desk.add(written(tmp_path / "files", one=small("P002")), group=asked)
    assert (result.added, result.reasons) == (0, {"quality": 1})


def test_a_picture_without_a_face_is_told(desk: Desk, tmp_path: Path, small: MakePicture) -> None:
    file = io.BytesIO()
    PIL.Image.new("RGB", (200, 200), "grey").save(file, "PNG")
    [result] = desk.add(written(tmp_path / "files", grey=file.getvalue()))
    assert result.skipped == "no_face"


def test_what_was_stored_is_not_looked_at_again(desk: Desk, people: Path) -> None:
    entries = entries_of(people)
    bulk = desk.bulk()
    for _ in bulk.run(entries[:7]):
        pass
    before = desk.stored()
    results = desk.add(entries)
    assert [result.skipped for result in results] == ["present"] * 7 + [None] * 13
    assert desk.stored()[:7] == before
    assert len(desk.stored()) == 20


def test_an_import_that_is_stopped_keeps_what_it_began_and_goes_on_later(desk: Desk, people: Path) -> None:
    stop = Event()
    entries = entries_of(people)
    first = []
    for results in desk.bulk(stop=stop).run(iter(entries)):
        first += results
        stop.set()
    assert len(desk.stored()) == sum(result.added for result in first)
    assert [result.entry for result in first] == entries[: len(first)]
    desk.add(entries)
    assert len(desk.stored()) == 20


def test_the_quota_is_kept_and_the_rest_is_told(desk: Desk, people: Path) -> None:
    results = desk.add(entries_of(people), quota=5)
    assert [result.added for result in results] == [1] * 5 + [0] * 15
    assert {reason for result in results[5:] for reason in result.reasons} == {"quota"}
    later = desk.add(entries_of(people), quota=7)
    assert [result.skipped for result in later[:5]] == ["present"] * 5
    assert len(desk.stored()) == 7


def test_a_face_that_was_deleted_can_be_imported_again(desk: Desk, people: Path) -> None:
    entries = entries_of(people)[:2]
    desk.add(entries)
    desk.storage.gallery.delete_face(desk.group, desk.stored()[0][1])
    assert [result.skipped for result in desk.add(entries)] == [None, "present"]
    assert len(desk.stored()) == 2


def test_an_import_into_a_group_that_goes_away_ends_with_the_reason(desk: Desk, people: Path) -> None:
    def entries() -> Iterator[Entry]:
        yield from entries_of(people)[:3]
        desk.storage.gallery.delete_group(desk.group)

    with pytest.raises(ServiceError) as caught:
        list(desk.bulk().run(entries()))
    assert caught.value.code is ErrorCode.GROUP_NOT_FOUND
