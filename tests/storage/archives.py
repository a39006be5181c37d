"""Archives written and read back, for the tests of them."""

from __future__ import annotations

import io
from typing import Any

from sqlalchemy import select

from visavis.identities import App
from visavis.storage.database.schema import metadata
from visavis.storage.store import Storage
from visavis.transfer.archive.archives import Archives
from visavis.transfer.archive.header import Cost
from visavis.transfer.archive.restoring import Restored, Target
from visavis.types import FaceFilter, FaceRecord, Group

PASSPHRASE = "a few words for the tests"
CHEAP = Cost(memory_kib=64, passes=1, lanes=1)


def nothing(_: int) -> None:
    """Progress that nobody watches."""


def exported(storage: Storage, *groups: Group, passphrase: str = PASSPHRASE) -> bytes:
    file = io.BytesIO()
    Archives.of(storage).write(file, passphrase, groups, nothing, CHEAP)
    return file.getvalue()


def restore(
    storage: Storage, app: App, archive: bytes, passphrase: str = PASSPHRASE, **changed: Any
) -> list[Restored]:
    facts: dict[str, Any] = {"names": {}, "merge": False, "groups_quota": 10, "faces_quota": 1000} | changed
    return Archives.of(storage).restore(io.BytesIO(archive), passphrase, Target(app, **facts), nothing)


def listed(storage: Storage, group: Group) -> list[FaceRecord]:
    return storage.gallery.list_faces(group, FaceFilter(), None, 1000)


def contents(storage: Storage) -> dict[str, list[Any]]:
    """Every row there is."""
    with storage.database.read() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table)))) for table in metadata.sorted_tables
        }
