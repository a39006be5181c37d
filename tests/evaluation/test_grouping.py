"""People get the groups that a list or their folders give them; who has none, or no pictures, is named."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Literal

import pytest

from visavis.errors import SetupError
from visavis.evaluation.folders import Person, PersonIs
from visavis.evaluation.grouping import FOLDERS, MOST_GROUPS, Grouping, find_people, grouped, read_groups


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def named(people: list[Person], grouping: Grouping | None) -> dict[str, str | None]:
    """The group of each person, in words."""
    assert grouping is not None
    return {
        person.name: grouping.names[number] if number >= 0 else None
        for person, number in zip(people, grouping.of_person, strict=True)
    }


@pytest.fixture
def people(tmp_path: Path) -> Path:
    folder = tmp_path / "people"
    touch(folder, "anna/1.jpg", "anna/2.jpg", "ben/1.jpg", "cem/1.jpg", "dora/1.jpg")
    return folder


def write(folder: Path, content: str, encoding: str = "utf-8") -> str:
    file = folder / "groups.csv"
    file.write_text(content, encoding)
    return str(file)


def test_a_list_gives_people_their_groups(people: Path, tmp_path: Path) -> None:
    file = write(tmp_path, "person,group\nben,men\nanna, women \n\ncem,men\ndora,women\n")
    found, grouping = find_people(people, PersonIs.FOLDER, 10, file)
    assert named(found, grouping) == {"anna": "women", "ben": "men", "cem": "men", "dora": "women"}
    assert grouping is not None
    assert grouping.names == ("men", "women"), "in the list's order"
    assert (grouping.without_group, grouping.without_pictures) == ((), ())


def test_who_is_not_in_the_list_or_has_no_pictures_is_named(people: Path, tmp_path: Path) -> None:
    file = write(tmp_path, "person,group\nanna,women\nben,\nemil,men\n")
    found, grouping = find_people(people, PersonIs.FOLDER, 10, file)
    assert named(found, grouping) == {"anna": "women", "ben": None, "cem": None, "dora": None}
    assert grouping is not None
    assert grouping.without_group == ("ben", "cem", "dora")
    assert grouping.without_pictures == ("emil",)


def test_a_level_of_folders_gives_people_their_groups(tmp_path: Path) -> None:
    touch(tmp_path, "women/anna/1.jpg", "women/kim/1.jpg", "men/kim/1.jpg", ".trash/old/1.jpg", "loose.jpg")
    found, grouping = find_people(tmp_path, PersonIs.FOLDER, 10, FOLDERS)
    assert named(found, grouping) == {"men/kim": "men", "women/anna": "women", "women/kim": "women"}


def test_each_file_may_be_a_person(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "b.PNG", "notes.txt", "inner/c.jpg", ".hidden.jpg")
    found, grouping = find_people(tmp_path, PersonIs.FILE, 10, None)
    assert [(person.name, [file.name for file in person.files]) for person in found] == [
        ("a.jpg", ["a.jpg"]),
        ("b.PNG", ["b.PNG"]),
    ]
    assert grouping is None


def test_each_file_may_be_a_person_in_a_folder_of_a_group(tmp_path: Path) -> None:
    touch(tmp_path, "old/a.jpg", "young/a.jpg")
    found, grouping = find_people(tmp_path, PersonIs.FILE, 10, FOLDERS)
    assert named(found, grouping) == {"old/a.jpg": "old", "young/a.jpg": "young"}


def test_a_list_names_files_where_files_are_people(tmp_path: Path) -> None:
    touch(tmp_path / "flat", "a.jpg", "b.jpg")
    file = write(tmp_path, "person,group\na.jpg,x\nb.jpg,y\n")
    found, grouping = find_people(tmp_path / "flat", PersonIs.FILE, 10, file)
    assert named(found, grouping) == {"a.jpg": "x", "b.jpg": "y"}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_names_match_however_their_letters_are_composed(form: Literal["NFC", "NFD"], tmp_path: Path) -> None:
    """macOS writes a folder's name letter by letter, a spreadsheet in whole syllables."""
    touch(tmp_path / "people", f"{unicodedata.normalize(form, '김철수')}/1.jpg")
    file = write(tmp_path, f"person,group\n{unicodedata.normalize('NFC', '김철수')},남성\n")
    _, grouping = find_people(tmp_path / "people", PersonIs.FOLDER, 10, file)
    assert grouping is not None
    assert grouping.of_person.tolist() == [0]


def test_a_mark_of_byte_order_and_lines_of_windows_are_tolerated(tmp_path: Path) -> None:
    file = write(tmp_path, "Person,Group\r\nanna,여성\r\n", "utf-8-sig")
    assert read_groups(Path(file)) == {"anna": "여성"}


def test_korean_in_the_encoding_of_windows_is_refused_with_the_reason(tmp_path: Path) -> None:
    file = write(tmp_path, "person,group\n김철수,남성\n", "cp949")
    with pytest.raises(SetupError, match="not UTF-8"):
        read_groups(Path(file))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "first line"),
        ("anna,women\nben,men\n", "first line"),
        ("person;group\nanna;women\n", "first line"),
        ("person,group,age\nanna,women,30\n", "first line"),
        ("person,group\nanna,women,30\n", "Line 2"),
        ("person,group\nanna,women\nben\n", "Line 3"),
        ("person,group\n,women\n", "Line 2"),
        ("person,group\nanna,women\n anna ,men\n", "Line 3 of .* names anna a second time"),
        ('person,group\n"anna,women\n', "Line 2"),
        ("person,group\nanna\0,women\n", "is not text"),
    ],
)
def test_a_list_that_is_none_is_refused(content: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=reason):
        read_groups(Path(write(tmp_path, content)))


def test_a_list_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="cannot be read"):
        read_groups(tmp_path / "nowhere.csv")


@pytest.mark.parametrize("content", ["person,group\nemil,men\n", "person,group\n", "person,group\nanna,\n"])
def test_a_list_that_groups_nobody_who_has_pictures_is_refused(content: str, people: Path, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="Nobody with pictures has a group"):
        find_people(people, PersonIs.FOLDER, 10, write(tmp_path, content))


def test_too_many_groups_are_refused() -> None:
    people = [Person(str(number), ()) for number in range(MOST_GROUPS + 1)]
    each_their_own = {person.name: f"group {person.name}" for person in people}
    with pytest.raises(SetupError, match="41 groups"):
        grouped(people, each_their_own)
    assert len(grouped(people, dict(list(each_their_own.items())[1:])).names) == MOST_GROUPS


@pytest.mark.parametrize(
    ("each", "groups", "reason"),
    [
        (PersonIs.FILE, None, "no pictures"),
        (PersonIs.FOLDER, FOLDERS, "no folders of people"),
        (PersonIs.FILE, FOLDERS, "no pictures"),
    ],
)
def test_folders_of_another_shape_are_refused(
    each: PersonIs, groups: str | None, reason: str, tmp_path: Path
) -> None:
    touch(tmp_path, "a/notes.txt")
    with pytest.raises(SetupError, match=reason):
        find_people(tmp_path, each, 10, groups)


def test_no_folder_and_no_folders_of_groups_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="no folder "):
        find_people(tmp_path / "nowhere", PersonIs.FOLDER, 10, FOLDERS)
    with pytest.raises(SetupError, match="no folders of groups"):
        find_people(tmp_path, PersonIs.FOLDER, 10, FOLDERS)
