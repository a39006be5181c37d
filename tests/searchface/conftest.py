"""Two servers for these tests: one to use, one that loses its database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from harness.servers import Server, running_server
from visavis.storage.store import DATABASE_FILE

from .client import TOKEN, SearchFaceClient

FACE_QUOTA = 60


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"ADMIN_TOKEN": TOKEN, "QUOTA__FACES_PER_GROUP": str(FACE_QUOTA)}
    with running_server(tmp_path_factory.mktemp("searchface"), settings) as server:
        yield server


@pytest.fixture(scope="session")
def client(server: Server) -> SearchFaceClient:
    return SearchFaceClient(server, server.create_app("searchface")).furnished()


@pytest.fixture(scope="session")
def neighbour(server: Server) -> SearchFaceClient:
    """Another app on the same server."""
    return SearchFaceClient(server, server.create_app("neighbour")).furnished()


@pytest.fixture(scope="session")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchFaceClient]:
    """An app on a server whose tables were taken away while it ran."""
    with running_server(tmp_path_factory.mktemp("damaged")) as server:
        client = SearchFaceClient(server, server.create_app("damaged"))
        with closing(sqlite3.connect(server.data_dir / DATABASE_FILE)) as database:
            names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            for (name,) in names:
                if not name.startswith("sqlite_"):
                    database.execute(f'DROP TABLE "{name}"')
            database.commit()
        yield client
