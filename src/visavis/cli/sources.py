"""Reads the source of an import: a folder of pictures, or a manifest that lists them."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

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

_SHOWN = 5
"""How many mistakes are listed."""


def entries_of(source: Path, *, numbered: bool = False) -> list[Entry]:
    """The files of a folder, by name, or of a manifest, in its order.

    `numbered`: files such as NAME-1.jpg and NAME-2.jpg, not in a folder of their own, are of one person.

    Raises SetupError, naming folders, files or lines, if anything about the source is not as it must be: before
    the first picture, not after an hour.
    """
    if source.is_dir():
        found = list(_in_folder(source, numbered=numbered))
    elif source.suffix.lower() in _READERS:
        found = list(_in_manifest(source, _READERS[source.suffix.lower()]))
    elif source.exists():
        raise SetupError(f"{source} is neither a folder nor a manifest: those end in .csv or .jsonl.")
    else:
        raise SetupError(f"There is nothing at {source}.")
    if not found:
        raise SetupError(f"There are no pictures in {source}.")
    return found


def _in_folder(folder: Path, *, numbered: bool) -> Iterator[Entry]:
    """FOLDER/PERSON/*.jpg is named by the folder, FOLDER/*.jpg by the file.

    What can be an external image id is one; anything else is the person's name.
    """
    files = sorted(file for file in folder.rglob("*") if _is_picture(file.relative_to(folder)) and file.is_file())
    for file in files:
        parts = file.relative_to(folder)
        named = parts.parts[0] if len(parts.parts) > 1 else _base(parts.stem, numbered=numbered)
        if policy.is_external_image_id(named):
            yield Entry(file, named)
        else:
            yield Entry(file, None, name=_name(named, f"The name of {file}"))


def _base(stem: str, *, numbered: bool) -> str:
    found = _NUMBERED.fullmatch(stem) if numbered else None
    return found["name"] if found and any(map(str.isalpha, found["name"])) else stem


def _name(text: str, what: str) -> str:
    try:
        return checked_name(text)
    except ServiceError as error:
        raise SetupError(f"{what} cannot be a person's: {error.detail}") from None


def _is_picture(file: Path) -> bool:
    """Whether a file is a picture by its name. Names that begin with a dot belong to some program."""
    return file.suffix.lower() in PICTURES and not any(part.startswith(".") for part in file.parts)


def _in_manifest(file: Path, read: Callable[[str], Iterator[tuple[int, Any]]]) -> Iterator[Entry]:
    """The entries of a manifest. Relative paths begin at the folder of the manifest."""
    try:
        if file.stat().st_size > _LARGEST_MANIFEST:
            raise SetupError(f"The manifest {file} has more than {_LARGEST_MANIFEST:,} bytes: import it in parts.")
        text = _decoded(file.read_bytes())
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"The manifest {file} cannot be read: {reason(error)}.") from error
    entries, mistakes = [], []
    for line, row in read(text):
        mistake = row if isinstance(row, str) else _mistake(row)
        if mistake:
            mistakes.append(f"line {line}: {mistake}")
        else:
            name = checked_name(row.get("name") or "")
            entries.append(Entry(file.parent / row["path"], row.get("external_image_id") or None, line, name))
    if mistakes:
        raise SetupError(f"The manifest {file} is not as it must be; {_listed(mistakes, '; ')}.")
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
        return 'not an object of texts, such as {"path": "anna.jpg", "external_image_id": "anna"}'
    if mistake := _wrong_columns(list(row)):
        return mistake.replace("the first line must name the column path", "there is no path")
    if not row["path"] or "\0" in row["path"]:
        return "the path is empty"
    external_image_id = row.get("external_image_id")
    if external_image_id and not policy.is_external_image_id(external_image_id):
        return f"{external_image_id!r} cannot be an external image id"
    try:
        checked_name(row.get("name") or "")
    except ServiceError as error:
        return error.detail.rstrip(".")
    return None


def _listed(items: Sequence[str], between: str = ", ") -> str:
    """The first items, and the number of further ones."""
    more = len(items) - _SHOWN
    return between.join([*items[:_SHOWN], *([f"and {more} more"] if more > 0 else [])])
