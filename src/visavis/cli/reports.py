"""Reports of an import: one line for each face and each skipped file, and counts."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TextIO

from rich.table import Column, Table

from visavis.core.bulk import Result, Skip
from visavis.errors import SetupError
from visavis.types import Refusal

COLUMNS = ("path", "line", "external_image_id", "face_id", "reason", "detail", "x0", "y0", "x1", "y1")
"""Columns of a report: `face_id` of an added face, or else `reason`; the box in fractions of the picture."""

_EXAMPLES = 20
"""How many files that were left out are listed on the screen."""

_AS_ASKED = frozenset({str(Skip.PRESENT), str(Skip.DUPLICATE), str(Refusal.LIMIT)})
"""Reasons that are no failure: the face is in the group already, or is not meant to be."""

WORDS = {
    "present": "already in the group",
    "duplicate": "the same content as another file",
    "no_face": "no face of at least 60 x 60 pixels",
    "unreadable": "no such file, or it cannot be read",
    "pose": "turned more than 45 degrees",
    "quality": "below the minimum quality of the group",
    "quota": "the group is full",
    "limit": "more faces than --limit; the largest were taken",
    "broken_image": "truncated or corrupt",
    "not_an_image": "not a picture",
    "unsupported_image_format": "neither PNG nor JPEG",
    "image_too_large": "file or image too large",
    "image_too_small": "less than 80 pixels wide or high",
}
"""Descriptions of reasons for people."""


def rows_of(result: Result) -> Iterator[dict[str, int | str | None]]:
    """One row for each face, or one for a skipped file."""
    entry = result.entry
    about = {"path": str(entry.path), "line": entry.line, "external_image_id": entry.external_image_id}
    if result.skipped:
        yield about | {"reason": result.skipped, "detail": result.detail}
    for each in result.faces:
        assert result.size is not None  # noqa: S101 - a picture with faces was decoded
        box = each.face.box.relative_to(result.size)
        corners = {name: round(getattr(box, name), 6) for name in ("x0", "y0", "x1", "y1")}
        yield about | {"face_id": each.face_id, "reason": each.refusal and str(each.refusal)} | corners


class ReportFile:
    """A report file. Rows are appended after their faces are stored; an existing file is continued."""

    def __init__(self, path: Path | None) -> None:
        """`path` ends in .csv or .jsonl; None for no report. Raises SetupError."""
        self._as_csv = path is not None and path.suffix.lower() == ".csv"
        self._file: TextIO | None = None
        if path is None:
            return
        try:
            self._file = path.open("a", encoding="utf-8", newline="")
        except OSError as error:
            raise SetupError(f"The report {path} cannot be written: {error.strerror}.") from error
        if self._as_csv and not self._file.tell():
            csv.writer(self._file).writerow(COLUMNS)

    def __enter__(self) -> ReportFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file:
            self._file.close()

    def write(self, results: Sequence[Result]) -> None:
        if not self._file:
            return
        for row in (row for result in results for row in rows_of(result)):
            if self._as_csv:
                csv.DictWriter(self._file, COLUMNS).writerow(row)
            else:
                kept = {name: value for name, value in row.items() if value not in {None, ""}}
                self._file.write(json.dumps(kept, ensure_ascii=False) + "\n")
        self._file.flush()


@dataclass(slots=True)
class Tally:
    """Counts of the results of an import."""

    pictures: int = 0
    added: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    examples: list[tuple[str, str, str]] = field(default_factory=list)
    """(file, reason, detail) of some files that were left out."""

    def count(self, results: Sequence[Result]) -> None:
        for result in results:
            self.pictures += 1
            self.added += result.added
            self.reasons += result.reasons
            for reason in result.reasons:
                if reason not in _AS_ASKED and len(self.examples) < _EXAMPLES:
                    self.examples.append((str(result.entry.path), reason, result.detail))

    @property
    def left_out(self) -> int:
        """The number of files and faces that should be in the group, but are not."""
        return sum(count for reason, count in self.reasons.items() if reason not in _AS_ASKED)

    def tables(self) -> Iterator[Table]:
        """Tables of the reasons with their counts, and of the first files that were left out."""
        if self.reasons:
            counts = Table("not added", "", "meaning", title_justify="left")
            for reason, count in self.reasons.most_common():
                counts.add_row(reason, f"{count:,}", WORDS.get(reason, ""))
            yield counts
        if self.examples:
            examples = Table(Column("file", overflow="fold"), "reason", "detail")
            for row in self.examples:
                examples.add_row(*row)
            yield examples
