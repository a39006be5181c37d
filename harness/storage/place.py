"""Where storage is kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.storage.recipes import CONVERSIONS
from visavis.storage.store import Storage, open_storage


@dataclass(frozen=True)
class Place:
    """A data directory and, unless its SQLite file is the database, the URL of one."""

    data_dir: Path
    database_url: str | None = None

    def open(self, max_loaded_bytes: int = 4 << 30) -> Storage:
        return open_storage(self.data_dir, None, max_loaded_bytes, self.database_url, conversions=CONVERSIONS)
