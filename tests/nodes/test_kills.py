"""Nodes die without warning; what was acknowledged stays true, and every search that begins later sees it."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Lock

import httpx

from harness.postgres import Postgres
from harness.servers import PREFIX, Keys
from harness.v2 import code, face_id, neighbours, register
from tests.nodes.cluster import Cluster, running_cluster, running_nginx

GROUP = "watched"


class Ledger:
    """What was acknowledged, noted by the writer and read by those who search."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._stored: set[str] = set()
        self._deleted: set[str] = set()
        self.unknown: set[str] = set()
        """Faces whose deletion was asked for and never answered."""

    def note_stored(self, face: str) -> None:
        with self._lock:
            self._stored.add(face)

    def note_deletion(self, face: str, delete: Callable[[], bool]) -> None:
        """While a deletion is under way, either answer about the face is right."""
        with self._lock:
            self._stored.discard(face)
            self.unknown.add(face)
        if delete():
            with self._lock:
                self.unknown.discard(face)
                self._deleted.add(face)

    def snapshot(self) -> tuple[set[str], set[str]]:
        with self._lock:
            return set(self._stored), set(self._deleted)


def test_no_search_is_stale_and_no_acknowledged_face_is_lost_while_nodes_are_killed(
    tmp_path: Path, postgres: Postgres
) -> None:
    with running_cluster(tmp_path, postgres) as cluster, running_nginx(tmp_path, cluster) as url:
        keys = cluster.create_app("app")
        ledger, done, checked = Ledger(), Event(), list[int]()
        with proxied(url, keys) as client:
            assert code(client.post("/groups", json={"groupId": GROUP})) == 0
            anchor = face_id(register(client, GROUP))
        with ThreadPoolExecutor(4) as pool:
            try:
                workers = [
                    pool.submit(write, url, keys, ledger, done),
                    *(pool.submit(search, url, keys, ledger, anchor, done, checked) for _ in range(2)),
                ]
                for name in random.Random(1).sample([*cluster.nodes] * 2, 4):
                    Event().wait(2)
                    cluster.kill(name)
                    Event().wait(1)
                    cluster.start(name)
            finally:
                done.set()
            for worker in workers:
                worker.result()
        assert len(checked) > 20
        agree(cluster, keys, ledger, anchor)


def proxied(url: str, keys: Keys) -> httpx.Client:
    headers = {"Authorization": keys.secretKey}
    return httpx.Client(base_url=f"{url}{PREFIX}/{keys.appKey}", headers=headers, timeout=30, trust_env=False)


def write(url: str, keys: Keys, ledger: Ledger, done: Event) -> None:
    """Register faces, and delete every third, through the proxy; a request that fails was not acknowledged."""
    ours: list[str] = []
    with proxied(url, keys) as client:
        while not done.is_set():
            try:
                answer = register(client, GROUP)
                if answer.status_code == httpx.codes.OK and code(answer) == 0:
                    ours.append(face_id(answer))
                    ledger.note_stored(ours[-1])
            except httpx.TransportError:
                continue
            if len(ours) % 3 == 0 and ours:
                face = ours.pop(0)
                ledger.note_deletion(face, lambda face=face: deleted(client, face))  # type: ignore[misc]


def deleted(client: httpx.Client, face: str) -> bool:
    try:
        answer = client.delete(f"/groups/{GROUP}/faces/{face}")
    except httpx.TransportError:
        return False
    return answer.status_code == httpx.codes.OK and code(answer) == 0


def search(url: str, keys: Keys, ledger: Ledger, anchor: str, done: Event, checked: list[int]) -> None:
    """Each search must find what had been stored, and nothing of what had been deleted, before it began."""
    with proxied(url, keys) as client:
        while not done.is_set():
            stored, gone = ledger.snapshot()
            try:
                answer = client.get(
                    f"/groups/{GROUP}/faces/{anchor}/search", params={"limit": 100, "threshold": 1}
                )
            except httpx.TransportError:
                continue
            if answer.status_code != httpx.codes.OK:
                continue  # the proxy had no node to ask
            assert code(answer) == 0, answer.text
            found = {match["face"]["faceId"] for match in answer.json()["data"]["matchFaces"]}
            assert not gone & found
            if len(found) < 100:
                still_there, _ = ledger.snapshot()
                assert stored & still_there <= found
            checked.append(len(found))


def agree(cluster: Cluster, keys: Keys, ledger: Ledger, anchor: str) -> None:
    """In the end every node has every acknowledged face, none that was deleted, and the same count."""
    stored, gone = ledger.snapshot()
    for node in cluster.nodes.values():
        with node.v2(keys) as client:
            listed, token = set[str](), ""
            while True:
                params = {"next-token": token} if token else {"limit": "200"}
                data = client.get(f"/groups/{GROUP}/faces", params=params).json()["data"]
                listed |= {face["faceId"] for face in data["faces"]}
                token = data["nextToken"]
                if not token:
                    break
            assert stored <= listed
            assert not gone & listed
            assert client.get(f"/groups/{GROUP}").json()["data"]["faceCount"] == len(listed)
            if len(listed) <= 100:
                assert neighbours(client, GROUP, anchor) == listed - {anchor}
