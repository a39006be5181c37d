"""Kills the whole server under clients that register real pictures, and asks it afterwards what it still knows."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

import httpx

from harness.kills.killing import Kills, Ledger
from harness.kills.writing import SHARED, Write
from harness.servers import Keys, Server, free_port, running_server
from harness.v2 import code, picture
from visavis.storage.store import open_storage
from visavis.transfer.checking import check_all

_CLIENTS = 4
_LIFE_S = (0.2, 3.0)
_FULL = 30
_AT_ONCE = 100
"""The most faces that one search tells."""

_PICTURES = ("ines-small", "ines-selfie", "ines-portrait")


def kill_servers(folder: Path, kills: int, seed: int) -> Kills:
    """Start the server, let clients write, kill it at a random moment; `kills` times, and look after each."""
    rng, told, port = random.Random(seed), Kills(), free_port()
    ledger, keys = Ledger(told), None
    for number in range(kills + 1):
        start = time.perf_counter()
        with running_server(folder, port=port) as server:
            told.starts_s.append(time.perf_counter() - start)
            if keys is None:
                keys = server.create_app("app")
                create_shared(server, keys)
            known = _check(server, keys, ledger, told)
            if number == kills or told.faults:
                break
            _write_until_killed(server, keys, ledger, known, rng)
            told.kills += 1
    return told


def _write_until_killed(
    server: Server, keys: Keys, ledger: Ledger, known: dict[str, dict[str, str]], rng: random.Random
) -> None:
    noting = Lock()
    clients = [
        Client(server.v2(keys), ledger, noting, number, rng.randrange(10**9), known) for number in range(_CLIENTS)
    ]
    with ThreadPoolExecutor(_CLIENTS) as pool:
        runs = [pool.submit(client.run) for client in clients]
        time.sleep(rng.uniform(*_LIFE_S))
        server.process.kill()
        for run in runs:
            run.result()


class Client:
    """One client. It knows faces by a label that it gives them, so that it knows them without an answer too."""

    def __init__(
        self,
        http: httpx.Client,
        ledger: Ledger,
        noting: Lock,
        number: int,
        seed: int,
        known: dict[str, dict[str, str]],
    ) -> None:
        self._http, self._ledger, self._noting, self._number = http, ledger, noting, number
        self._rng, self._mark = random.Random(seed), f"c{number}-"
        self._faces = {
            group: {label: face for label, face in faces.items() if label.startswith(self._mark)}
            for group, faces in known.items()
            if group == SHARED or group.startswith(self._mark)
        }

    def run(self) -> None:
        with self._http:
            try:
                while True:
                    self._step()
            except httpx.TransportError:
                return

    def _step(self) -> None:
        own = [group for group in self._faces if group != SHARED]
        if not own:
            return self._create_group()
        group = self._rng.choice([SHARED, *own])
        faces = self._faces[group]
        if group != SHARED and (len(faces) > _FULL or self._rng.random() < 0.05):
            return self._delete_group(group)
        if faces and (self._rng.random() < 0.5 or len(faces) > _FULL // 2):
            return self._delete_face(group)
        return self.register(group)

    def _create_group(self) -> None:
        name = f"{self._mark}{self._rng.randrange(10**12)}"
        self._told(Write("create group", name), "POST", "/groups", json={"groupId": name})
        self._faces[name] = {}

    def _delete_group(self, name: str) -> None:
        self._told(Write("delete group", name), "DELETE", f"/groups/{name}")
        del self._faces[name]

    def register(self, name: str) -> None:
        label = f"{self._mark}{self._rng.randrange(10**12)}"
        answer = self._told(
            Write("add", name, (label,)),
            "POST",
            f"/groups/{name}/faces",
            files={"imageFile": picture(self._rng.choice(_PICTURES))},
            data={"limit": "1", "externalImageId": label},
        )
        self._faces[name][label] = answer["data"]["addedFaces"][0]["faceId"]

    def _delete_face(self, name: str) -> None:
        label, face = self._faces[name].popitem()
        self._told(Write("delete face", name, (label,)), "DELETE", f"/groups/{name}/faces/{face}")

    def _told(self, write: Write, method: str, path: str, **content: Any) -> Any:
        with self._noting:
            self._ledger.note((self._number, write))
        answer = self._http.request(method, path, **content)
        assert code(answer) == 0, answer.text
        with self._noting:
            self._ledger.note((self._number, None))
        return answer.json()


def create_shared(server: Server, keys: Keys) -> None:
    """The group that all clients write to."""
    with server.v2(keys) as client:
        assert code(client.post("/groups", json={"groupId": SHARED})) == 0


def look(server: Server, keys: Keys) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Ask the server for everything: its groups, and in each the id of every face by its label; and all faults."""
    with server.v2(keys) as client:
        groups = [group["groupId"] for group in _pages(client, "/groups", "groups")]
        known = {name: _faces(client, name) for name in groups}
        faults = [fault for name, faces in known.items() for fault in _of_group(client, name, set(faces.values()))]
    storage = open_storage(server.data_dir)
    faults += check_all(storage.database, storage.keys, lambda _: None)
    storage.close()
    return known, faults


def _check(server: Server, keys: Keys, ledger: Ledger, told: Kills) -> dict[str, dict[str, str]]:
    known, faults = look(server, keys)
    there = {name: set(faces) for name, faces in known.items()}
    ledger.settle(there)
    told.faults += [*ledger.differences(there), *faults]
    return known


def _of_group(client: httpx.Client, name: str, faces: set[str]) -> list[str]:
    """Whether count and index agree with the list."""
    counted = client.get(f"/groups/{name}").json()["data"]["faceCount"]
    found = [] if counted == len(faces) else [f"Group {name} counts {counted} faces and lists {len(faces)}."]
    if faces and len(faces) <= _AT_ONCE:
        face = next(iter(faces))
        query = {"limit": _AT_ONCE, "threshold": 1}
        answer = client.get(f"/groups/{name}/faces/{face}/search", params=query).json()["data"]
        if {match["face"]["faceId"] for match in answer["matchFaces"]} != faces - {face}:
            found.append(f"The index differs from the records of group {name}.")
    return found


def _faces(client: httpx.Client, name: str) -> dict[str, str]:
    return {face["externalImageId"]: face["faceId"] for face in _pages(client, f"/groups/{name}/faces", "faces")}


def _pages(client: httpx.Client, path: str, what: str) -> list[dict[str, str]]:
    listed, token = [], ""
    while True:
        query = {"next-token": token} if token else {"limit": "200"}
        data = client.get(path, params=query).json()["data"]
        listed += data[what]
        token = data["nextToken"]
        if not token:
            return listed
