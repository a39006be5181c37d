"""What a benchmark hands back: figures for programs, tables and plots for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias

Figure: TypeAlias = "bool | int | float | str | Sequence[Figure] | Mapping[str, Figure] | None"
"""What JSON can say."""

Scale: TypeAlias = Literal["linear", "log"]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells as they are printed; the first column is left-aligned, all others hold numbers."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"a row of the table '{self.title}' has not as many cells as there are columns")


@dataclass(frozen=True, slots=True)
class Series:
    """Points of one colour. Points of a `line` are joined; points with `labels` are named beside them."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    line: bool = True
    labels: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Plot:
    """One picture; `name` becomes part of its file name."""

    name: str
    title: str
    x_label: str
    y_label: str
    series: Sequence[Series]
    x_scale: Scale = "linear"
    y_scale: Scale = "linear"
    markers: bool = True
    """Whether each point is shown, or the line alone."""


@dataclass(frozen=True, slots=True)
class Report:
    """`figures` become keys of the JSON object; `versions` are those of the libraries measured.

    `notes` are sentences that go with the tables, such as what could not be measured, and why.
    """

    figures: Mapping[str, Figure]
    tables: Sequence[Table]
    plots: Sequence[Plot] = ()
    versions: Mapping[str, str] | None = None
    notes: Sequence[str] = ()

    def as_json(self) -> dict[str, Figure]:
        return {
            **self.figures,
            "versions": dict(self.versions or {}),
            "notes": list(self.notes),
            "tables": [asdict(table) for table in self.tables],
        }
