"""Whether a server is alive, and whether requests should be sent to it."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import AbstractContextManager, closing
from pathlib import Path

import httpx

from harness.postgres import Postgres, running_postgres
from harness.servers import Server, running_server

READY = httpx.codes.OK, {"status": "ok"}
NOT_READY = httpx.codes.SERVICE_UNAVAILABLE, {"status": "The database does not answer."}


def asked(server: Server, path: str) -> tuple[int, object]:
    answer = server.client.get(path)
    return answer.status_code, answer.json()


def test_a_server_on_its_own_file_is_alive_and_ready(server: Server) -> None:
    assert asked(server, "/livez") == READY
    assert asked(server, "/readyz") == READY


def test_monitors_may_ask_for_the_head_alone(server: Server) -> None:
    for path in ("/livez", "/readyz"):
        answer = server.client.head(path)
        assert (answer.status_code, answer.content) == (httpx.codes.OK, b"")


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


def test_a_server_that_cannot_write_is_not_ready_until_it_can(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        assert asked(server, "/readyz") == READY
        with closing(sqlite3.connect(server.data_dir / "visavis.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")  # nobody else can write now
            while (answer := asked(server, "/readyz")) == READY:
                pass  # what a second ago could be written is taken for good
            assert answer == (
                httpx.codes.SERVICE_UNAVAILABLE,
                {"status": "The database cannot be written to."},
            )
            assert asked(server, "/livez") == READY
            other.execute("ROLLBACK")
        while asked(server, "/readyz") != READY:
            pass


def _server_on(postgres: Postgres, folder: Path) -> AbstractContextManager[Server]:
    return running_server(folder, {"DATABASE_URL": postgres.new_database()})


def test_a_server_told_to_stop_goes_on_for_a_while_but_asks_for_no_more(tmp_path: Path, selfie: bytes) -> None:
    with running_server(tmp_path, {"DRAIN_SECONDS": "600"}) as server:
        keys = server.create_app("draining")
        assert asked(server, "/readyz") == READY
        server.process.send_signal(signal.SIGTERM)
        while asked(server, "/readyz") == READY:
            pass
        assert asked(server, "/readyz") == (httpx.codes.SERVICE_UNAVAILABLE, {"status": "The server is stopping."})
        assert asked(server, "/livez") == READY
        with server.v2(keys) as client:  # a connection that comes only now
            found = client.post("/faces/detect", files={"imageFile": selfie}).json()
        assert found["data"]["faceDetailCount"] == 1
        server.process.send_signal(signal.SIGTERM)  # who cannot wait says it twice
        assert server.process.wait(timeout=60) == 0


def test_a_drained_server_ends_by_itself(tmp_path: Path) -> None:
    with running_server(tmp_path, {"DRAIN_SECONDS": "0.3"}) as server:
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=60) == 0
