"""Where storage is kept: once in a SQLite file, once in a PostgreSQL."""

from tests.storage.conftest import data_dir, place

__all__ = ["data_dir", "place"]
