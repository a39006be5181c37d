"""What somebody does to the database who has no key, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Table, insert, select

from visavis.errors import ErrorCode, ServiceError
from visavis.storage.store import Storage
from visavis.transfer.checking import check_all


def faults(storage: Storage) -> str:
    """What `db check` says."""
    return " ".join(check_all(storage.database, storage.keys, lambda _: None))


def refused(call: Callable[[], object], reason: str) -> None:
    """The call fails for a reason that names what was altered."""
    with pytest.raises(ServiceError, match=reason) as caught:
        call()
    assert caught.value.code is ErrorCode.INTERNAL


def rows_of(storage: Storage, table: Table) -> list[dict[str, Any]]:
    """All rows of a table, as somebody copies them who wants them back."""
    with storage.database.read() as connection:
        return [dict(row) for row in connection.execute(select(table)).mappings()]


def replace_rows(storage: Storage, table: Table, rows: list[dict[str, Any]]) -> None:
    """Let a table have these rows and no other."""
    with storage.database.write() as connection:
        connection.execute(table.delete())
        if rows:
            connection.execute(insert(table), rows)
