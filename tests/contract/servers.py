"""The servers of a test session, each started when the first test needs it."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack, closing
from functools import cached_property
from pathlib import Path

from harness.servers import Server, running_server

from . import pictures
from .picture_host import PictureHost, serving_pictures
from .session import Session, unique
from .tables import Dialect

OPEN_SETTINGS = {
    "FETCH__ALLOW_PRIVATE_ADDRESSES": "true",
    "FETCH__CONNECT_SECONDS": "2",
    "FETCH__TOTAL_SECONDS": "2",
}
"""Image URLs may name the picture host, and one that never answers does not hold the suite up."""

FACE_QUOTA, GROUP_QUOTA = 3, 4


class Servers:
    """Everything that tests stand on; `close` stops what was started."""

    def __init__(self, dialect: Dialect, folder: Path) -> None:
        self.dialect = dialect
        self._folder = folder
        self._stack = ExitStack()

    def close(self) -> None:
        self._stack.close()

    @cached_property
    def host(self) -> PictureHost:
        return self._stack.enter_context(serving_pictures())

    @cached_property
    def main(self) -> Session:
        """The furnished scene of most tests."""
        return self._scene(self._server("main", OPEN_SETTINGS), "first").furnished()

    @cached_property
    def neighbour(self) -> Session:
        """Another app on the same server, with furniture of its own."""
        return self._scene(self.main.server, "second").furnished()

    @cached_property
    def small(self) -> Session:
        """A server of small quotas, with confidences from 0 to 1 and the guards of image URLs in place."""
        settings = {
            "QUOTA__FACES_PER_GROUP": str(FACE_QUOTA),
            "QUOTA__GROUPS_PER_APP": str(GROUP_QUOTA),
            "CONFIDENCE_SCALE": "unit",
        }
        return self._scene(self._server("small", settings), "small")

    def small_app(self) -> Session:
        """A new app on the server of small quotas."""
        return self._scene(self.small.server, unique())

    @cached_property
    def full_group(self) -> str:
        """A group of the small server with no room for another face."""
        group = self.small.new_group()
        call = self.small.call("register").put("path", "group-id", group).put("json", "limit", FACE_QUOTA)
        self.small.send(call.with_picture(pictures.sheet()))
        assert len(self.small.face_ids(group)) == FACE_QUOTA
        return group

    @cached_property
    def damaged(self) -> Session:
        """A server whose tables were taken away while it ran."""
        session = self._scene(self._server("damaged", {}), "damaged")
        assert session.token  # while one can be issued
        with closing(sqlite3.connect(self._database(session.server))) as database:
            tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            for (name,) in tables:
                if not name.startswith("sqlite_"):
                    database.execute(f'DROP TABLE "{name}"')
            database.commit()
        return session

    def _database(self, server: Server) -> Path:
        for path in server.data_dir.iterdir():
            with path.open("rb") as file:
                if file.read(16) == b"SQLite format 3\x00":
                    return path
        raise AssertionError("the data directory has no database")

    def _scene(self, server: Server, app: str) -> Session:
        return Session(server, self.dialect, server.create_app(app))

    def _server(self, name: str, settings: dict[str, str]) -> Server:
        folder = self._folder / name
        folder.mkdir()
        return self._stack.enter_context(running_server(folder, settings))
