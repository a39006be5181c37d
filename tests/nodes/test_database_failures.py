"""The database restarts, loses connections or gives way to its standby: clean errors, no loss, recovery."""

from __future__ import annotations

from pathlib import Path

import httpx
import psycopg

from harness.postgres import Postgres, running_postgres, running_standby
from harness.v2 import code, face_id, neighbours, register
from tests.nodes.cluster import running_cluster

UNAVAILABLE = -50300


def faces_after(client: httpx.Client, group: str, known: str) -> set[str]:
    return {known} | neighbours(client, group, known)


def test_cut_connections_are_replaced(clients: list[httpx.Client], postgres: Postgres) -> None:
    clients[0].post("/groups", json={"groupId": "cut"})
    face = face_id(register(clients[0], "cut"))
    for _ in range(3):
        with psycopg.connect(postgres.url(), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'visavis'"
            )
        for client in clients:
            assert neighbours(client, "cut", face) == set()


def test_a_restart_of_the_database_is_told_plainly_and_survived(tmp_path: Path) -> None:
    with running_postgres() as postgres, running_cluster(tmp_path, postgres, ("node-a", "node-b")) as cluster:
        keys = cluster.create_app("app")
        a, b = (node.v2(keys) for node in cluster.nodes.values())
        a.post("/groups", json={"groupId": "group"})
        stored = {face_id(register(client, "group")) for client in (a, b, a)}
        for mode in ("fast", "immediate"):
            postgres.stop(mode)
            for client in (a, b):
                for refused in (client.get("/groups/group"), register(client, "group")):
                    assert (refused.status_code, code(refused)) == (503, UNAVAILABLE)
                    assert refused.headers["x-error-detail"] == "The database cannot be reached."
                    assert "retry-after" in refused.headers
            postgres.start()
            for client in (a, b):
                known = next(iter(stored))
                assert faces_after(client, "group", known) == stored
            stored.add(face_id(register(b, "group")))
            assert faces_after(a, "group", known) == stored
        a.close()
        b.close()


def test_nothing_acknowledged_is_lost_when_the_synchronous_standby_takes_over(tmp_path: Path) -> None:
    with running_postgres() as primary, running_standby(primary) as standby:
        with psycopg.connect(primary.url(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            connection.execute("SELECT pg_reload_conf()")
        with running_cluster(tmp_path, primary, ()) as cluster:
            database = cluster.settings["DATABASE_URL"].rpartition("/")[2]
            cluster.settings["DATABASE_URL"] = (
                f"postgresql://visavis@127.0.0.1:{primary.port},127.0.0.1:{standby.port}/{database}"
                "?target_session_attrs=read-write"
            )
            for name in ("node-a", "node-b"):
                (tmp_path / name).mkdir()
                cluster.start(name)
            keys = cluster.create_app("app")
            a, b = (node.v2(keys) for node in cluster.nodes.values())
            a.post("/groups", json={"groupId": "group"})
            stored = {face_id(register(client, "group")) for client in (a, b) * 3}
            gone = stored.pop()
            assert code(b.delete(f"/groups/group/faces/{gone}")) == 0
            primary.stop("immediate")
            standby.run("pg_ctl", "-D", str(standby.data), "-w", "promote")
            known = next(iter(stored))
            for client in (a, b):
                assert faces_after(client, "group", known) == stored
            stored.add(face_id(register(b, "group")))
            assert faces_after(a, "group", known) == stored
            assert a.get("/groups/group").json()["data"]["faceCount"] == len(stored)
            a.close()
            b.close()
