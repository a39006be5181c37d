"""The tables of Search Face as typed values."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Operation:
    name: str
    method: str
    path: str
    errors: Mapping[int, str]
    """Code to message."""
    recipes: Mapping[int, str]
    """Code to the name of a recipe."""
    fields: Mapping[str, str]
    """Path of a field in a success to its type."""

    def __repr__(self) -> str:
        return self.name


def table(file: str) -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / f"{file}.toml").read_text())


def _by_code(rows: Mapping[str, Any]) -> dict[int, Any]:
    return {int(code): value for code, value in rows.items()}


STATUS: Mapping[int, int] = _by_code(table("errors")["status"])
"""Of the codes whose HTTP status is not 400."""

OPERATIONS: Mapping[str, Operation] = {
    name: Operation(
        name,
        **row,
        errors=_by_code(table("errors")[name]),
        recipes=_by_code(table("recipes")[name]),
        fields=table("responses")[name]["required"],
    )
    for name, row in table("operations").items()
}

OF_COLLECTIONS = [operation for operation in OPERATIONS.values() if operation.name != "compare_faces"]
"""Operations that name a collection."""
