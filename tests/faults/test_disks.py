"""A disk that is full, cannot be written to or is locked: a clean error while it lasts, and none afterwards."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from harness.servers import Server, running_server, visavis
from harness.v2 import code, face_id, neighbours, register


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A real file system of 8 MB at this place; the test is skipped where none can be mounted."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m,mode=700", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, check=False, capture_output=True).returncode:  # noqa: S603
        pytest.skip("mounting a file system takes root and its rights")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S603, S607


def fill(folder: Path) -> Path:
    """A file that takes all room there is."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                continue
    return ballast


def assert_unavailable(answer: httpx.Response, why: str) -> None:
    assert (answer.status_code, code(answer)) == (503, -50300), answer.text
    assert answer.headers["x-error-detail"] == why
    assert "retry-after" in answer.headers


def listed(client: httpx.Client) -> set[str]:
    answer = client.get("/groups/group/faces", params={"limit": 200}).json()
    return {face["faceId"] for face in answer["data"]["faces"]}


def assert_in_order(server: Server) -> None:
    assert (
        "No faults." in visavis("db", "check", "--data-dir", str(server.data_dir), settings=server.settings).stdout
    )


def test_a_full_disk_is_told_plainly_and_needs_no_restart(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with small_disk(data), running_server(tmp_path) as server:
        keys = server.create_app("app")
        with server.v2(keys) as client:
            client.post("/groups", json={"groupId": "group"})
            stored = {face_id(register(client, "group")) for _ in range(3)}
            first = next(iter(stored))
            for _ in range(2):
                ballast = fill(data)
                refused = None
                for _ in range(200):  # what SQLite has room for in its log, it still takes
                    answer = register(client, "group")
                    if answer.status_code != 200:
                        refused = answer
                        break
                    stored.add(face_id(answer))
                assert refused is not None
                assert_unavailable(refused, "The disk of the database is full.")
                created = client.post("/groups", json={"groupId": "another"})
                assert_unavailable(created, "The disk of the database is full.")
                assert listed(client) == stored
                # A search has to be on the record before it is answered (docs/audit.md).
                assert_unavailable(
                    client.get(f"/groups/group/faces/{first}/search", params={"limit": 9, "threshold": 1}),
                    "The disk of the database is full.",
                )
                assert server.client.get("/livez").status_code == 200
                ballast.unlink()
                stored.add(face_id(register(client, "group")))
                gone = (stored - {first}).pop()
                assert code(client.delete(f"/groups/group/faces/{gone}")) == 0
                stored.remove(gone)
                assert listed(client) == stored
                assert neighbours(client, "group", first) == stored - {first}
            assert code(client.post("/groups", json={"groupId": "another"})) == 0
        assert_in_order(server)


def test_a_server_does_not_start_on_a_disk_that_cannot_be_written_to(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with small_disk(data):
        visavis("app", "create", "app", "--data-dir", str(data))
        subprocess.run(["mount", "-o", "remount,ro", str(data)], check=True)  # noqa: S603, S607
        refused = visavis("serve", "--port", "1", "--data-dir", str(data), check=False)
        assert refused.returncode == 1
        assert "cannot be" in refused.stderr
        assert "Traceback" not in refused.stderr.splitlines()[-1]


def test_who_meets_a_locked_database_waits_and_readers_do_not(tmp_path: Path) -> None:
    with running_server(tmp_path) as server, ThreadPoolExecutor(1) as pool:
        keys = server.create_app("app")
        with server.v2(keys) as client, server.v2(keys) as other:
            client.post("/groups", json={"groupId": "group"})
            first, second = (face_id(register(client, "group")) for _ in range(2))
            with closing(sqlite3.connect(server.data_dir / "visavis.db", isolation_level=None)) as lock:
                lock.execute("BEGIN IMMEDIATE")
                waiting = pool.submit(register, other, "group")
                assert listed(client) == {first, second}
                assert not waiting.done()
                lock.execute("ROLLBACK")
            third = face_id(waiting.result())
            assert listed(client) == {first, second, third}
