"""Writes a report as one HTML file, without other files and without a network."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TypeAlias

from visavis.errors import SetupError
from visavis.files import AS_USUAL, replacing

Row: TypeAlias = Sequence[str]

_STYLE = """\
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { border-bottom: 1px solid #ccc; padding: .25rem .9rem .25rem 0; text-align: left; }
figure { margin: 2rem 0; } img { max-width: 100%; } figcaption { color: #444; }
"""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with a heading."""

    title: str
    columns: Row
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture with its caption."""

    caption: str
    svg: bytes


def write_page(
    file: Path, title: str, notes: Iterable[str], sheets: Iterable[Sheet], plots: Iterable[Plot]
) -> None:
    """Write a complete report, or no file. Raises SetupError if it cannot be written."""
    body = "\n".join(
        [
            f"<h1>{escape(title)}</h1>",
            *(f"<p>{escape(note)}</p>" for note in notes),
            *map(_table, sheets),
            *map(_figure, plots),
        ]
    )
    page = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title>\n<style>\n{_STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )
    try:
        with replacing(file, mode=AS_USUAL) as content:
            content.write(page.encode())
    except OSError as error:
        raise SetupError(f"The report {file} cannot be written: {error.strerror}.") from error


def _table(sheet: Sheet) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in sheet.columns)
    rows = "\n".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in sheet.rows)
    return f"<h2>{escape(sheet.title)}</h2>\n<table>\n<tr>{head}</tr>\n{rows}\n</table>"


def _figure(plot: Plot) -> str:
    data = base64.b64encode(plot.svg).decode()
    caption = escape(plot.caption)
    return (
        f'<figure><img alt="{caption}" src="data:image/svg+xml;base64,{data}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )
