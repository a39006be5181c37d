"""Whether a server is alive, and whether requests should be sent to it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import httpx

from tests.postgres import Postgres, running_postgres
from tests.server import Server, running_server

READY = httpx.codes.OK, {"status": "ok"}
NOT_READY = httpx.codes.SERVICE_UNAVAILABLE, {"status": "The database does not answer."}


def asked(server: Server, path: str) -> tuple[int, object]:
    answer = server.client.get(path)
    return answer.status_code, answer.json()


def test_a_server_on_its_own_file_is_alive_and_ready(server: Server) -> None:
    assert asked(server, "/livez") == READY
    assert asked(server, "/readyz") == READY


def test_a_server_without_its_database_is_alive_but_not_ready_until_it_is_back(tmp_path: Path) -> None:
    with running_postgres() as postgres, _server_on(postgres, tmp_path) as server:
        assert asked(server, "/readyz") == READY
        with postgres.frozen():
            assert asked(server, "/readyz") == NOT_READY
            assert asked(server, "/livez") == READY
        assert asked(server, "/readyz") == READY
        postgres.stop("immediate")
        assert asked(server, "/readyz") == NOT_READY
        assert asked(server, "/livez") == READY
        postgres.start()
        assert asked(server, "/readyz") == READY


def _server_on(postgres: Postgres, folder: Path) -> AbstractContextManager[Server]:
    return running_server(folder, {"DATABASE_URL": postgres.new_database()})
