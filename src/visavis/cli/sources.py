"""Reads the source of an import: a folder of pictures, or a manifest that lists them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from visavis.core import policy
from visavis.core.bulk import Entry
from visavis.errors import SetupError, reason

PICTURES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png"}
    # These cannot be decoded, but an import should report them rather than ignore them.
    | {".heic", ".heif", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif"}
)
"""Endings of file names that are treated as pictures."""

COLUMNS = ("path", "external_image_id")
"""Columns of a manifest; the second is optional."""

_LARGEST_MANIFEST = 1 << 28
"""Bytes: some millions of pictures."""

_LONGEST_LINE = 20_000
"""Characters of a line: a path and an id."""

_SHOWN = 5
"""How many mistakes are listed."""


def entries_of(source: Path) -> list[Entry]:
    """The files of a folder, by name, or of a manifest, in its order.

    Raises SetupError, naming folders, files or lines, if anything about the source is not as it must be: before
    the first picture, not after an hour.
    """
    if source.is_dir():
        found = list(_in_folder(source))
    elif source.suffix.lower() in _READERS:
        found = list(_in_manifest(source, _READERS[source.suffix.lower()]))
    elif source.exists():
        raise SetupError(f"{source} is neither a folder nor a manifest: those end in .csv or .jsonl.")
    else:
        raise SetupError(f"There is nothing at {source}.")
    if not found:
        raise SetupError(f"There are no pictures in {source}.")
    return found


def _in_folder(folder: Path) -> Iterator[Entry]:
    """FOLDER/PERSON/*.jpg takes its external image id from the folder, FOLDER/*.jpg from its own name."""
    files = sorted(file for file in folder.rglob("*") if _is_picture(file.relative_to(folder)) and file.is_file())
    names = [(file, file.relative_to(folder)) for file in files]
    entries = [
        Entry(file, relative.parts[0] if len(relative.parts) > 1 else relative.stem) for file, relative in names
    ]
    ids = sorted({entry.external_image_id or "" for entry in entries})
    if unfit := [repr(each) for each in ids if not policy.is_external_image_id(each)]:
        raise SetupError(
            f"{_listed(unfit)} cannot be an external image id, which has 1 to 255 characters out of A-Z, a-z, "
            f"0-9, '_', '.', '-' and ':'. Rename folders and files, or write a manifest."
        )
    return iter(entries)


def _is_picture(file: Path) -> bool:
    """Whether a file is a picture by its name. Names that begin with a dot belong to some program."""
    return file.suffix.lower() in PICTURES and not any(part.startswith(".") for part in file.parts)


def _in_manifest(file: Path, read: Callable[[str], Iterator[tuple[int, Any]]]) -> Iterator[Entry]:
    """The entries of a manifest. Relative paths begin at the folder of the manifest."""
    try:
        if file.stat().st_size > _LARGEST_MANIFEST:
            raise SetupError(f"The manifest {file} has more than {_LARGEST_MANIFEST:,} bytes: import it in parts.")
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"The manifest {file} cannot be read: {reason(error)}.") from error
    entries, mistakes = [], []
    for line, row in read(text):
        mistake = row if isinstance(row, str) else _mistake(row)
        if mistake:
            mistakes.append(f"line {line}: {mistake}")
        else:
            entries.append(Entry(file.parent / row["path"], row.get("external_image_id") or None, line))
    if mistakes:
        raise SetupError(f"The manifest {file} is not as it must be; {_listed(mistakes, '; ')}.")
    return iter(entries)


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
    return None


def _listed(items: Sequence[str], between: str = ", ") -> str:
    """The first items, and the number of further ones."""
    more = len(items) - _SHOWN
    return between.join([*items[:_SHOWN], *([f"and {more} more"] if more > 0 else [])])
