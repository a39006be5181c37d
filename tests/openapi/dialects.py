"""The dialects and their documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from visavis.api.dialect import Dialect
from visavis.api.nhn.plus import PLUS
from visavis.api.nhn.v1 import V1
from visavis.api.nhn.v2 import V2
from visavis.api.nhn.v2_1 import V2_1
from visavis.api.openapi.document import document
from visavis.api.searchface.dialect import SEARCHFACE

DIALECTS = (V1, PLUS, V2, V2_1, SEARCHFACE)


def operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path below the host, and description of every operation in a document."""
    prefix = described["servers"][0]["url"]
    for path, item in described["paths"].items():
        for method, operation in item.items():
            yield method.upper(), f"{prefix}{path}", operation


def every_operation() -> Iterator[tuple[Dialect, dict[str, Any], dict[str, Any]]]:
    """Dialect, its document and the description of the operation."""
    for dialect in DIALECTS:
        described = document(dialect)
        for _, _, operation in operations(described):
            yield dialect, described, operation
