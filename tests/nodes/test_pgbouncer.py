"""Nodes work through PgBouncer in transaction mode, where each transaction may get another connection."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from harness.postgres import USER, Postgres
from harness.servers import free_port, visavis
from harness.v2 import code, face_id, neighbours, register
from tests.nodes.cluster import running_cluster

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
CONNECTIONS = 3
"""To PostgreSQL, for two nodes that open up to sixteen each: they have to share."""

CONFIG = """\
[databases]
* = host=127.0.0.1 port={postgres} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {connections}
max_client_conn = 200
"""


@contextmanager
def running_pgbouncer(postgres: Postgres) -> Iterator[int]:
    """Yields its port."""
    assert PGBOUNCER is not None
    with tempfile.TemporaryDirectory(prefix="visavis-bouncer-") as name:
        port, config = free_port(), Path(name) / "pgbouncer.ini"
        config.write_text(
            CONFIG.format(postgres=postgres.port, user=USER, port=port, connections=CONNECTIONS), encoding="utf-8"
        )
        account: dict[str, Any] = {}
        if os.geteuid() == 0:  # as which it refuses to run
            Path(name).chmod(0o755)
            account = {"user": "nobody", "extra_groups": []}
        with (Path(name) / "log").open("wb") as log:
            process = subprocess.Popen([PGBOUNCER, str(config)], stdout=log, stderr=log, **account)  # noqa: S603
        try:
            while process.poll() is None:
                try:
                    psycopg.connect(postgres.url().replace(str(postgres.port), str(port))).close()
                    break
                except psycopg.OperationalError:
                    time.sleep(0.05)
            assert process.poll() is None, (Path(name) / "log").read_text()
            yield port
        finally:
            process.terminate()
            process.wait(timeout=20)


@pytest.mark.skipif(PGBOUNCER is None, reason="PgBouncer is not installed: apt install pgbouncer")
def test_two_nodes_are_one_service_over_three_shared_connections(tmp_path: Path, postgres: Postgres) -> None:
    with running_pgbouncer(postgres) as port, running_cluster(tmp_path, postgres, ()) as cluster:
        direct = cluster.settings["DATABASE_URL"]
        cluster.settings["DATABASE_URL"] = direct.replace(f":{postgres.port}/", f":{port}/")
        for name in ("node-a", "node-b"):
            (tmp_path / name).mkdir()
            cluster.start(name)
        keys = cluster.create_app("app")
        a, b = (node.v2(keys) for node in cluster.nodes.values())
        assert code(a.post("/groups", json={"groupId": "group"})) == 0
        with ThreadPoolExecutor(8) as pool:
            stored = {face_id(answer) for answer in pool.map(lambda node: register(node, "group"), [a, b] * 3)}
            one, *others = stored
            found = pool.map(lambda node: neighbours(node, "group", one), [a, b] * 8)
            assert all(faces == set(others) for faces in found)
        assert code(b.delete(f"/groups/group/faces/{one}")) == 0
        assert neighbours(a, "group", others[0]) == set(others[1:])
        with psycopg.connect(direct) as connection:
            theirs = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            assert connection.execute(f"SELECT count(*) {theirs}").fetchone() == (CONNECTIONS,)
        checked = visavis("db", "check", "--data-dir", str(tmp_path / "operator"), settings=cluster.settings)
        assert checked.stdout == "No faults.\n"
        a.close()
        b.close()
