"""The code is written in the field's own words, and each docstring can be read alone (docs/decisions/0053)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))

POINTS_BACK = re.compile(r"(Likewise|Those|The same|As|So|Of|Such as|Their)\b|Like `")
"""How a docstring begins that needs the one before it."""

RETIRED = {
    "AccountObjection": "AccountErrorCode",
    "Chores": "PeriodicTasks",
    "Doorkeeper": "RequestAuthentication",
    "Draft": "IndexBuilder, or a temporary file",
    "Exchange": "RequestLogRecord",
    "FaceError": "ServiceError",
    "Flaw": "QualityDefect",
    "GroupTurns": "KeyedLock",
    "Look": "Sample",
    "Objection": "AccountErrorCode",
    "Observer": "Instrumentation",
    "Stage": "Span",
    "Ticket": "Permit",
    "Turns": "AdmissionQueue",
    "Visit": "RequestContext",
    "Want": "RequestedAttributes",
    "among": "chunked_in",
    "chores": "periodic_tasks",
    "doorkeeper": "request_authentication",
    "draft": "builder, or temporary",
    "exchange": "request_log",
    "facts": "metadata, fields, columns",
    "forgery": "csrf",
    "let_go": "evict",
    "looks": "samples",
    "place": "address, slot, rank, key, URL",
    "places": "slots, addresses",
    "settle": "adopt, erase",
    "settled": "with_group",
    "stages": "spans",
    "tell": "advance, record, log",
    "ticket": "permit",
    "told": "status, fields",
    "trail": "audit_events",
    "turns": "admission",
}
"""Names that are not used any more, and what is said instead."""

KEPT = {
    ("storage/database/schema.py", "place"),  # a column, which data outlives
    ("storage/keys/rotation.py", "place"),  # the same column
    ("cli/reports.py", "tell"),  # the method of a file
}
"""Where a retired name is somebody else's."""


def name_of(path: Path) -> str:
    return path.relative_to(ROOT / "src").as_posix()


def documented(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and text of every docstring, those under attributes included."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            yield node.lineno, node.value.value


def names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and name of everything that the module defines, passes or uses."""
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                yield node.lineno, node.name
            case ast.Name():
                yield node.lineno, node.id
            case ast.Attribute():
                yield node.lineno, node.attr
            case ast.arg() | ast.keyword():
                yield node.lineno, node.arg or ""
            case ast.alias():
                yield node.lineno, node.name.rpartition(".")[2]
            case _:
                pass


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_every_docstring_stands_alone(path: Path) -> None:
    found = [
        (line, text) for line, text in documented(ast.parse(path.read_text("utf-8"))) if POINTS_BACK.match(text)
    ]
    assert found == []


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_no_retired_name_comes_back(path: Path) -> None:
    module = name_of(path).removeprefix("visavis/")
    found = [
        f"line {line}: {name} is now {RETIRED[name.lstrip('_')]}"
        for line, name in names(ast.parse(path.read_text("utf-8")))
        if name.lstrip("_") in RETIRED and (module, name) not in KEPT
    ]
    assert found == []
    assert path.stem.lstrip("_") not in RETIRED


def test_a_docstring_that_points_back_is_noticed() -> None:
    tree = ast.parse('def one() -> None:\n    """Likewise, for two."""\n\nX = 1\n"""Those of Y."""\n')
    assert {line for line, text in documented(tree) if POINTS_BACK.match(text)} == {2, 5}


def test_a_retired_name_is_noticed_wherever_it_stands() -> None:
    tree = ast.parse(
        "from a.chores import b\n\nclass Visit:\n    def f(self, place):\n        self.turns = draft(told=1)\n"
    )
    assert {name for _, name in names(tree)} & RETIRED.keys() == {"Visit", "place", "turns", "draft", "told"}
