"""Reads the source of an import: a folder or a ZIP of pictures, or a manifest that lists them."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePath

from visavis.cli.zips import ZipOfPictures, open_zip
from visavis.core import policy
from visavis.core.bulk import Entry
from visavis.core.persons import checked_name
from visavis.errors import ServiceError, SetupError, reason

PICTURES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png"}
    # These cannot be decoded, but an import should report them rather than ignore them.
    | {".heic", ".heif", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif"}
)
"""Endings of file names that are treated as pictures."""

COLUMNS = ("path", "external_image_id", "name")
"""Columns of a manifest; all but the first are optional."""

_NUMBERED = re.compile(r"(?P<name>.*?\S)\s*(?:[-_ ]\s*\d{1,3}|\(\d{1,3}\))")
"""A file name such as NAME-1, NAME_02, NAME 3 or NAME (4), without its ending."""

_LARGEST_MANIFEST = 1 << 28
"""Bytes: some millions of pictures."""

_LONGEST_LINE = 20_000
"""Characters of a line: a path and an id."""

_WITHIN_TWO_FOLDERS = 2
"""Parts of a path such as FOLDER/anna.jpg."""

_SHOWN = 5
"""How many mistakes are listed."""


def entries_of(source: Path, *, numbered: bool = False) -> list[Entry]:
    """The files of a folder or a ZIP, by name, or of a manifest, in its order.

    A manifest in a ZIP lists its pictures; one beside it may have paths such as `people.zip/anna.jpg`.

    `numbered`: files such as NAME-1.jpg and NAME-2.jpg, not in a folder of their own, are of one person.

    Raises SetupError, naming folders, files or lines, if anything about the source is not as it must be: before
    the first picture, not after an hour.
    """
    if source.is_dir():
        found = list(_in_folder(source, numbered=numbered))
    elif source.suffix.lower() in _READERS:
        found = list(_in_manifest(source))
    elif source.suffix.lower() == ".zip" and source.is_file():
        found = list(_in_zip(open_zip(source), numbered=numbered))
    elif source.exists():
        raise SetupError(f"{source} is not a folder, a ZIP or a manifest (.csv or .jsonl).")
    else:
        raise SetupError(f"{source} does not exist.")
    if not found:
        raise SetupError(f"There are no pictures in {source}.")
    return found


def _in_folder(folder: Path, *, numbered: bool) -> Iterator[Entry]:
    files = sorted(file for file in folder.rglob("*") if _is_picture(file.relative_to(folder)) and file.is_file())
    for file in files:
        yield _of_person(file, file.relative_to(folder), numbered=numbered)


def _in_zip(opened: ZipOfPictures, *, numbered: bool) -> Iterator[Entry]:
    lists = [name for name in opened.files if PurePath(name).suffix.lower() in _READERS]
    if len(lists) > 1:
        raise SetupError(f"The ZIP {opened.path} has several lists: {_listed(lists)}.")
    if lists:
        return _in_list_of_zip(opened, lists[0])
    pictures = [PurePath(name) for name in opened.files if _is_picture(PurePath(name))]
    outer = _outer_folder(opened.path, pictures)
    return (
        replace(
            _of_person(opened.path / name, name.relative_to(outer), numbered=numbered),
            reader=opened.reader(str(name)),
        )
        for name in pictures
    )


def _outer_folder(source: Path, pictures: Sequence[PurePath]) -> PurePath:
    """The folder that was packed with everything in it, as Windows and macOS do; the root if there is none.

    Raises SetupError where one folder has all pictures, and may be a person's or that of many: two people must not
    become one.
    """
    tops = {name.parts[0] for name in pictures}
    if len(tops) > 1 or not pictures or any(len(name.parts) == 1 for name in pictures):
        return PurePath()
    [top] = tops
    if any(len(name.parts) > _WITHIN_TWO_FOLDERS for name in pictures):
        return PurePath(top)
    if len(pictures) == 1:
        return PurePath()
    raise SetupError(
        f"All pictures of {source} are in one folder, {top}, and may be of one person or of one each. "
        f"Unpack it: import {top} for one person each, or the folder around it for one person."
    )


def _of_person(file: Path, parts: PurePath, *, numbered: bool) -> Entry:
    """FOLDER/PERSON/*.jpg is named by the folder, FOLDER/*.jpg by the file; `parts` begins below FOLDER.

    What can be an external image id is one; anything else is the person's name.
    """
    named = parts.parts[0] if len(parts.parts) > 1 else _base(parts.stem, numbered=numbered)
    if policy.is_external_image_id(named):
        return Entry(file, named)
    return Entry(file, None, name=_name(named, f"The name of {file}"))


def _base(stem: str, *, numbered: bool) -> str:
    found = _NUMBERED.fullmatch(stem) if numbered else None
    return found["name"] if found and any(map(str.isalpha, found["name"])) else stem


def _name(text: str, what: str) -> str:
    try:
        return checked_name(text)
    except ServiceError as error:
        raise SetupError(f"{what} cannot be a person's: {error.detail}") from None


def _is_picture(file: PurePath) -> bool:
    """Whether a file is a picture by its name. Names that begin with a dot belong to some program."""
    return file.suffix.lower() in PICTURES and not any(part.startswith(".") for part in file.parts)


def _in_manifest(file: Path) -> Iterator[Entry]:
    """The entries of a manifest. Relative paths begin at its folder; paths may lead into ZIP files."""
    try:
        if file.stat().st_size > _LARGEST_MANIFEST:
            raise SetupError(f"The manifest {file} has more than {_LARGEST_MANIFEST:,} bytes: import it in parts.")
        data = file.read_bytes()
    except OSError as error:
        raise SetupError(f"The manifest {file} cannot be read: {reason(error)}.") from error
    zips: dict[Path, ZipOfPictures] = {}
    for entry in _listed_entries(file, data):
        yield _perhaps_in_zip(entry, zips)


def _perhaps_in_zip(entry: Entry, zips: dict[Path, ZipOfPictures]) -> Entry:
    for folder in entry.path.parents:
        if folder.suffix.lower() == ".zip" and folder.is_file():
            if folder not in zips:
                zips[folder] = open_zip(folder)
            return replace(entry, reader=zips[folder].reader(str(entry.path.relative_to(folder))))
    return entry


def _in_list_of_zip(opened: ZipOfPictures, name: str) -> Iterator[Entry]:
    """The entries of a manifest in a ZIP, whose paths begin where it lies and stay in the ZIP."""
    for entry in _listed_entries(opened.path / name, opened.text(name, _LARGEST_MANIFEST)):
        if not entry.path.is_relative_to(opened.path):
            raise SetupError(
                f"The manifest {opened.path / name}, line {entry.line}: the path points outside the ZIP."
            )
        yield replace(entry, reader=opened.reader(str(entry.path.relative_to(opened.path))))


def _listed_entries(file: Path, data: bytes) -> Iterator[Entry]:
    try:
        text = _decoded(data)
    except UnicodeDecodeError as error:
        raise SetupError(f"The manifest {file} cannot be read: {reason(error)}.") from error
    entries, mistakes = [], []
    for line, row in _READERS[file.suffix.lower()](text):
        mistake = row if isinstance(row, str) else _mistake(row)
        if mistake or not isinstance(row, dict):
            mistakes.append(f"line {line}: {mistake}")
        else:
            name = checked_name(row.get("name") or "")
            entries.append(Entry(file.parent / row["path"], row.get("external_image_id") or None, line, name))
    if mistakes:
        raise SetupError(f"The manifest {file} is invalid: {_listed(mistakes, '; ')}.")
    return iter(entries)


def _decoded(data: bytes) -> str:
    """The text of a manifest: UTF-8, or CP949 as Excel writes it in Korea. Raises UnicodeDecodeError."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        with suppress(UnicodeDecodeError):
            return data.decode("cp949")
        raise


def _csv_rows(text: str) -> Iterator[tuple[int, object]]:
    """The number of each line, and its row as a dictionary, or the mistake in it."""
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    try:
        header = next(reader, [])
        if mistake := _wrong_columns(header):
            yield 1, mistake
            return
        for row in reader:
            if not row:
                continue
            if len(row) == len(header):
                yield reader.line_num, dict(zip(header, row, strict=True))
            else:
                yield reader.line_num, f"{len(row)} values where {len(header)} are named"
    except csv.Error as error:
        yield reader.line_num, f"not CSV: {error}"


def _jsonl_rows(text: str) -> Iterator[tuple[int, object]]:
    for line, row in enumerate(text.split("\n"), start=1):
        if not row.strip():
            continue
        if len(row) > _LONGEST_LINE:
            yield line, f"longer than {_LONGEST_LINE:,} characters"
            continue
        try:
            yield line, json.loads(row)
        except (ValueError, RecursionError):
            yield line, "not JSON"


_READERS: dict[str, Callable[[str], Iterator[tuple[int, object]]]] = {".csv": _csv_rows, ".jsonl": _jsonl_rows}


def _wrong_columns(header: Sequence[str]) -> str | None:
    if unknown := set(header) - set(COLUMNS):
        return f"there is no column {min(unknown)!r}, only {', '.join(COLUMNS)}"
    if "path" not in header:
        return "the first line must name the column path"
    return "a column is named twice" if len(set(header)) < len(header) else None


def _mistake(row: object) -> str | None:
    """The mistake in a row; None if there is none."""
    if not isinstance(row, dict) or not all(isinstance(value, str | None) for value in row.values()):
        return 'not an object of strings, such as {"path": "anna.jpg", "external_image_id": "anna"}'
    if mistake := _wrong_columns(list(row)):
        return mistake.replace("the first line must name the column path", "there is no path")
    if not row["path"] or "\0" in row["path"]:
        return "the path is empty"
    external_image_id = row.get("external_image_id")
    if external_image_id and not policy.is_external_image_id(external_image_id):
        return f"{external_image_id!r} is not a valid external image id"
    try:
        checked_name(row.get("name") or "")
    except ServiceError as error:
        return error.detail.rstrip(".")
    return None


def _listed(items: Sequence[str], between: str = ", ") -> str:
    """The first items, and the number of further ones."""
    more = len(items) - _SHOWN
    return between.join([*items[:_SHOWN], *([f"and {more} more"] if more > 0 else [])])
