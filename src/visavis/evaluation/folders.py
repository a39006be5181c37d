"""Reads which pictures to measure: folders of people, and files with pairs."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from visavis.errors import SetupError, reason

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})
_VERDICTS = {"same": True, "1": True, "true": True, "different": False, "0": False, "false": False}


class PersonIs(StrEnum):
    """The folder with the pictures of one person."""

    FOLDER = "folder"
    """DIR/PERSON/*.jpg"""
    FILE = "file"
    """DIR/PERSON.jpg: nobody has a second picture."""


@dataclass(frozen=True, slots=True)
class Person:
    """A person and pictures of that person."""

    name: str
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures, and whether they show the same person."""

    first: Path
    second: Path
    same: bool


def pictures_in(folder: Path) -> list[Path]:
    """The PNG and JPEG files of a folder and the folders in it, by name. Raises SetupError if it is no folder.

    Files and folders whose names begin with a dot are some program's own: thumbnails, and what is no picture.
    """
    if not folder.is_dir():
        raise SetupError(f"There is no folder {folder}.")
    return sorted(
        file
        for file in folder.rglob("*")
        if file.suffix.lower() in PICTURE_SUFFIXES
        and not any(part.startswith(".") for part in file.relative_to(folder).parts)
        and file.is_file()
    )


def people_in(folder: Path, max_per_person: int) -> list[Person]:
    """A person for each folder in `folder` that holds pictures: the first `max_per_person` of them, by name.

    Raises SetupError if there is none.
    """
    if not folder.is_dir():
        raise SetupError(f"There is no folder {folder}.")
    found = [
        Person(each.name, tuple(pictures_in(each)[:max_per_person]))
        for each in sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    ]
    people = [person for person in found if person.files]
    if not people:
        raise SetupError(f"There are no folders of people in {folder}: expected {folder}/PERSON/*.jpg.")
    return people


def single_pictures_in(folder: Path) -> list[Person]:
    """A person for each picture that lies in `folder` itself, by the name of the file. Raises SetupError."""
    people = [Person(file.name, (file,)) for file in pictures_in(folder) if file.parent == folder]
    if not people:
        raise SetupError(f"There are no pictures in {folder}: expected {folder}/*.jpg, one per person.")
    return people


def read_set_aside(file: Path) -> list[tuple[str, str]]:
    """Pairs of names of the same person, from JSON such as [["A", "B"], ["C", "D"]]. Raises SetupError."""
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise SetupError(f"The list {file} cannot be read: {reason(error)}.") from error
    match content:
        case [*pairs] if all(isinstance(pair, list) and list(map(type, pair)) == [str, str] for pair in pairs):
            return [(first, second) for first, second in pairs]
    raise SetupError(f'{file} is not a list of pairs of names, [["A", "B"], ...].')


def read_pairs(file: Path, folder: Path | None) -> list[Pair]:
    """The pairs of a file: pairs.txt as LFW has it, or lines `picture,picture,same|different`.

    Paths that are not absolute begin at `folder`, or where the file lies. Raises SetupError, naming the line.
    """
    root = folder or file.parent
    pairs = list(_lfw_pairs(file, root) if file.suffix.lower() == ".txt" else _csv_pairs(file, root))
    if not pairs:
        raise SetupError(f"There are no pairs in {file}.")
    return pairs


def read_rows(file: Path, what: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV file that are not empty, each with the number of its line. Raises SetupError."""
    reader = csv.reader(_text(file, what).splitlines(keepends=True), strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise SetupError(f"Line {reader.line_num} of {file} is not CSV: {error}.") from error


def may_name_columns(number: int, row: Sequence[str]) -> bool:
    """Whether an invalid row may be the heading: the first row, if it names no picture."""
    return number == 1 and not any(Path(cell.strip()).suffix.lower() in PICTURE_SUFFIXES for cell in row)


def _text(file: Path, what: str) -> str:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"The list of {what} {file} cannot be read: {reason(error)}.") from error
    if "\0" in text:
        raise SetupError(f"The list of {what} {file} is not text.")
    return text


def _csv_pairs(file: Path, root: Path) -> Iterator[Pair]:
    for number, row in read_rows(file, "pairs"):
        verdict = _VERDICTS.get(row[-1].strip().lower())
        if len(row) == 3 and verdict is not None:
            yield Pair(root / row[0].strip(), root / row[1].strip(), same=verdict)
        elif not may_name_columns(number, row):
            raise SetupError(
                f"Line {number} of {file} is not `picture,picture,same` or `picture,picture,different`."
            )


def _lfw_pairs(file: Path, root: Path) -> Iterator[Pair]:
    for number, line in enumerate(_text(file, "pairs").splitlines(), start=1):
        match line.split():
            case [name, first, second] if first.isdecimal() and second.isdecimal():
                yield Pair(_lfw_picture(root, name, first), _lfw_picture(root, name, second), same=True)
            case [name, first, other, second] if first.isdecimal() and second.isdecimal():
                yield Pair(_lfw_picture(root, name, first), _lfw_picture(root, other, second), same=False)
            case []:
                pass
            case numbers if number == 1 and all(part.isdecimal() for part in numbers):
                pass  # how many folds of how many pairs follow
            case _:
                raise SetupError(f"Line {number} of {file} is neither `NAME n m` nor `NAME n NAME m`.")


def _lfw_picture(root: Path, name: str, number: str) -> Path:
    return root / name / f"{name}_{int(number):04}.jpg"
