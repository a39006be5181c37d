"""Statements that are compiled once, and run by the cursor of the driver itself.

SQLAlchemy compiles a statement once too, but looks it up, binds it and wraps its rows each time: for a look-up by
key that is most of what the look-up costs. What stands here is written in SQLAlchemy's language all the same, and
converts values as the columns say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import Dialect, Float, Insert, Select
from sqlalchemy.sql.type_api import TypeEngine

Values: TypeAlias = Mapping[str, object]
"""The values of a statement's parameters, by their names."""

_Convert: TypeAlias = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Form:
    """A statement as one driver takes it."""

    sql: str
    _names: tuple[str, ...] | None
    """The parameters in their order; None if the driver takes them by their names."""
    _fixed: Mapping[str, object]
    _binders: Mapping[str, _Convert]
    _converters: Sequence[tuple[int, _Convert]]

    def arguments(self, values: Values) -> Sequence[object] | Mapping[str, object]:
        """What the driver is given."""
        bound = {**self._fixed, **values}
        for name, bind in self._binders.items():
            bound[name] = bind(bound[name])
        return bound if self._names is None else [bound[name] for name in self._names]

    def rows(self, fetched: Iterable[Sequence[Any]]) -> list[Sequence[Any]]:
        """Rows with the values that the columns' types say."""
        if not self._converters:
            return list(fetched)
        rows = [list(row) for row in fetched]
        for row in rows:
            for at, convert in self._converters:
                row[at] = convert(row[at])
        return list(rows)


class DirectStatement:
    """A statement without lists of any length among its parameters (`IN`): its text is always the same."""

    def __init__(self, statement: Select[Any] | Insert) -> None:
        """`statement` has a `bindparam` for each value that is not fixed; an INSERT has its columns."""
        self._statement = statement
        self._forms: dict[str, Form] = {}

    def form(self, dialect: Dialect) -> Form:
        """The statement for the driver of this dialect."""
        form = self._forms.get(dialect.name)
        if form is None:
            form = self._forms[dialect.name] = _compiled(self._statement, dialect)
        return form


def _compiled(statement: Select[Any] | Insert, dialect: Dialect) -> Form:
    keys = None if isinstance(statement, Select) else [column.name for column in statement.table.c]
    compiled = statement.compile(dialect=dialect, column_keys=keys)
    binders, fixed = {}, {}
    for name, bound in compiled.binds.items():
        if not bound.required:
            fixed[name] = bound.value
        bind = bound.type.dialect_impl(dialect).bind_processor(dialect)
        if bind is not None:
            binders[name] = bind
    columns = statement.selected_columns if isinstance(statement, Select) else ()
    found = [(at, _converter(column.type, dialect)) for at, column in enumerate(columns)]
    converters = [(at, convert) for at, convert in found if convert is not None]
    names = None if compiled.positiontup is None else tuple(compiled.positiontup)
    return Form(compiled.string, names, fixed, binders, converters)


def _converter(kind: TypeEngine[Any], dialect: Dialect) -> _Convert | None:
    """What makes the driver's value into the column's. Both drivers give floats as they are."""
    return None if isinstance(kind, Float) else kind.dialect_impl(dialect).result_processor(dialect, None)
