"""Groups of people for measurements, such as women and men, or ages. Not the server's groups of faces.

They come from a list (CSV, `person,group`) or from one more level of folders. Nobody's group is guessed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.errors import SetupError
from visavis.evaluation.folders import Person, PersonIs, people_in, read_rows, single_pictures_in

FOLDERS = "folders"
"""Groups come from folders, DIR/GROUP/PERSON/*.jpg, and not from a list."""
MOST_GROUPS = 40
"""Limit of the number of groups, since every two groups are compared."""
HEADING = ("person", "group")


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """The groups of the people who are measured."""

    names: tuple[str, ...]
    of_person: NDArray[np.int64]
    """The group of each person, shape (people,): an index into `names`, or -1 for none."""
    without_group: tuple[str, ...]
    """People with pictures and without a group; figures of groups leave them out."""
    without_pictures: tuple[str, ...]
    """People in the list without pictures."""


def find_people(
    folder: Path, each: PersonIs, max_per_person: int, groups: str | None
) -> tuple[list[Person], Grouping | None]:
    """The people of a folder, and their groups: of a list, of FOLDERS, or None. Raises SetupError."""
    if groups == FOLDERS:
        return _grouped_by_folders(folder, each, max_per_person)
    assigned = None if groups is None else read_groups(Path(groups))
    people = _people(folder, each, max_per_person)
    return people, None if assigned is None else grouped(people, assigned)


def read_groups(file: Path) -> dict[str, str]:
    """The group of each person of a list, empty where none is given. Raises SetupError, naming the line.

    The first line is `person,group`. Names are in the composed form of Unicode (NFC), as `grouped` compares them.
    """
    rows = read_rows(file, "groups")
    _, heading = next(rows, (1, []))
    if tuple(cell.strip().lower() for cell in heading) != HEADING:
        raise SetupError(f"The first line of {file} is not `person,group`, which a list of groups begins with.")
    assigned: dict[str, str] = {}
    for number, row in rows:
        cells = [_composed(cell.strip()) for cell in row]
        if len(cells) != len(HEADING) or not cells[0]:
            raise SetupError(f"Line {number} of {file} is not `person,group`.")
        if cells[0] in assigned:
            raise SetupError(f"Line {number} of {file} names {cells[0]} a second time: a person has one group.")
        assigned[cells[0]] = cells[1]
    return assigned


def grouped(people: Sequence[Person], assigned: Mapping[str, str]) -> Grouping:
    """Bring people and a list together. Groups are in the list's order.

    Raises SetupError if nobody of the list has pictures, or there are more than MOST_GROUPS groups.
    """
    known = [_composed(person.name) for person in people]
    names = tuple(dict.fromkeys(assigned[name] for name in assigned if assigned[name]))
    if len(names) > MOST_GROUPS:
        raise SetupError(f"There are {len(names)} groups: at most {MOST_GROUPS} can be compared.")
    numbers = {name: number for number, name in enumerate(names)}
    of_person = np.array([numbers.get(assigned.get(name, ""), -1) for name in known], np.int64)
    if (of_person < 0).all():
        raise SetupError("Nobody with pictures has a group: do the names match those of folders or files?")
    present = set(known)
    return Grouping(
        names,
        of_person,
        tuple(person.name for person, number in zip(people, of_person, strict=True) if number < 0),
        tuple(name for name in assigned if name not in present),
    )


def _grouped_by_folders(folder: Path, each: PersonIs, max_per_person: int) -> tuple[list[Person], Grouping]:
    """People are named GROUP/PERSON: a name in two groups is two people."""
    if not folder.is_dir():
        raise SetupError(f"There is no folder {folder}.")
    inside = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if not inside:
        raise SetupError(f"There are no folders of groups in {folder}.")
    people = [
        (Person(f"{inner.name}/{person.name}", person.files), inner.name)
        for inner in inside
        for person in _people(inner, each, max_per_person)
    ]
    found = [person for person, _ in people]
    return found, grouped(found, {_composed(person.name): _composed(name) for person, name in people})


def _people(folder: Path, each: PersonIs, max_per_person: int) -> list[Person]:
    return people_in(folder, max_per_person) if each is PersonIs.FOLDER else single_pictures_in(folder)


def _composed(name: str) -> str:
    """The name in Unicode's composed form (NFC), since file names of macOS are decomposed."""
    return unicodedata.normalize("NFC", name)
