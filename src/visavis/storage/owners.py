"""What the row of a key says, beside the app that owns it: who calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from visavis.identities import App, Caller
from visavis.storage.database import schema
from visavis.storage.database.column_types import Row
from visavis.storage.proof.record_sets import APPS, KEYS, sealed_total
from visavis.storage.proof.records import Proofs

OWNED = (*schema.keys.c, *schema.apps.c, sealed_total(KEYS), sealed_total(APPS))
"""The columns of a key, those of its app, and the sealed totals of the sets that both are in."""

_KEY_COLUMNS = [column.name for column in schema.keys.c]
_APP_COLUMNS = [column.name for column in schema.apps.c]


@dataclass(frozen=True, slots=True)
class Owned:
    """A key, its app, and the sealed totals of keys and apps."""

    key: Row
    app: Row
    of_keys: bytes
    of_apps: bytes

    @classmethod
    def read(cls, row: Sequence[Any]) -> Owned:
        """From a row that ends with the columns of `OWNED`, or is nothing else."""
        owned = row[-len(OWNED) :]
        key = dict(zip(_KEY_COLUMNS, owned, strict=False))
        app = dict(zip(_APP_COLUMNS, owned[len(_KEY_COLUMNS) :], strict=False))
        return cls(key, app, owned[-2], owned[-1])

    def is_known(self, proofs: Proofs) -> bool:
        """Whether both are what was kept last, by what was verified before (`Proofs.know`)."""
        return proofs.know(KEYS, [self.key], self.of_keys) and proofs.know(APPS, [self.app], self.of_apps)

    def caller(self, now: datetime) -> Caller | None:
        """None if the key has retired."""
        if self.key["retires_at"] is not None and self.key["retires_at"] <= now:
            return None
        return Caller(app_of(self.app), self.key["id"])


def app_of(row: Mapping[Any, Any]) -> App:
    """The app in a row of `apps`."""
    return App(
        row["id"], row["name"], row["created_at"], frozenset(row["dialects_off"].split()), row["rate_limit"]
    )
