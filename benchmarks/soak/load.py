"""What clients do all day, at a modest rate: everything that the API offers, and mistakes."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import urlsplit

import httpx

from benchmarks.pictures import Picture, resized
from harness.servers import PREFIX, Keys, Server

MAX_FACES = 200
"""A client's group holds about so many; then it deletes more than it adds."""

_PEOPLE = tuple(f"P{number:03}" for number in range(1, 9))


@dataclass(frozen=True, slots=True)
class Request:
    """One request that was answered, or went wrong: `unexpected` says how."""

    at: float
    seconds: float
    kind: str
    unexpected: str = ""


@dataclass
class Record:
    """All requests so far, of all clients."""

    requests: list[Request] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def note(self, request: Request) -> None:
        with self._lock:
            self.requests.append(request)


def pictures() -> list[Picture]:
    return [resized(person, "amateur_selfie", 480, person) for person in _PEOPLE]


@contextmanager
def load(server: Server, clients: int, rate: float) -> Iterator[Record]:
    """Let `clients` send `rate` requests a second together, until the block ends."""
    record, done, shown = Record(), Event(), pictures()
    keys = server.create_app("soak")
    threads = [
        Thread(target=_Client(server, keys, number, shown, record).run, args=(rate / clients, done))
        for number in range(clients)
    ]
    for thread in threads:
        thread.start()
    try:
        yield record
    finally:
        done.set()
        for thread in threads:
            thread.join()


class _Client:
    """One client with a group of its own."""

    def __init__(self, server: Server, keys: Keys, number: int, shown: list[Picture], record: Record) -> None:
        self._server, self._keys, self._record = server, keys, record
        self._rng = random.Random(number)  # noqa: S311 - load, no secret
        self._http = server.v2(keys)
        self._group = f"client-{number}"
        self._pictures = shown
        self._faces: list[str] = []

    def run(self, rate: float, done: Event) -> None:
        self._ask("create group", 0, "POST", "/groups", json={"groupId": self._group})
        actions = list(self._actions().items())
        with closing(self._http):
            while not done.wait(self._rng.expovariate(rate)):
                weights = [weight for _, weight in actions]
                [(action, _)] = self._rng.choices(actions, weights)
                action()

    def _actions(self) -> dict[Callable[[], object], float]:
        """What a client does, and how often."""
        return {
            self.register: 14,
            self.delete: 12,
            self.search: 14,
            self.search_by_id: 25,
            self.verify: 5,
            self.detect: 6,
            self.compare: 3,
            self.list_faces: 15,
            self.details: 10,
            self.group_comes_and_goes: 3,
            self.mistakes: 8,
            self.hang_up: 2,
        }

    def register(self) -> None:
        if len(self._faces) >= MAX_FACES:
            return self.delete()
        data = self._ask("register", 0, "POST", f"{self._path}/faces", files=self._picture(), data={"limit": "3"})
        self._faces += [face["faceId"] for face in data["addedFaces"]] if data else []
        return None

    def delete(self) -> None:
        if self._faces:
            face = self._faces.pop(self._rng.randrange(len(self._faces)))
            self._ask("delete", 0, "DELETE", f"{self._path}/faces/{face}")

    def search(self) -> None:
        fields = {"limit": "10", "threshold": "80"}
        self._ask("search", 0, "POST", f"{self._path}/faces/search", files=self._picture(), data=fields)

    def search_by_id(self) -> None:
        if self._faces:
            face, query = self._rng.choice(self._faces), {"limit": 10, "threshold": 80}
            self._ask("search by id", 0, "GET", f"{self._path}/faces/{face}/search", params=query)

    def verify(self) -> None:
        if self._faces:
            path = f"{self._path}/faces/{self._rng.choice(self._faces)}/verify"
            self._ask("verify", 0, "POST", path, files=self._picture(), data={"threshold": "90"})

    def detect(self) -> None:
        fields = {"orientation": "true", "mask": "true", "spoofing": "true", "quality": "true"}
        self._ask("detect", 0, "POST", "/faces/detect", files=self._picture(), data=fields)

    def compare(self) -> None:
        files = {"sourceImageFile": self._picture()["imageFile"], "targetImageFile": self._picture()["imageFile"]}
        self._ask("compare", 0, "POST", "/faces/compare", files=files, data={"threshold": "90"})

    def list_faces(self) -> None:
        data = self._ask("list", 0, "GET", f"{self._path}/faces", params={"limit": 50})
        if data and data["nextToken"]:
            self._ask("list", 0, "GET", f"{self._path}/faces", params={"next-token": data["nextToken"]})

    def details(self) -> None:
        data = self._ask("details", 0, "GET", self._path)
        if data and data["faceCount"] != len(self._faces):
            self._note("details", 0.0, f"{data['faceCount']} faces instead of {len(self._faces)}")

    def group_comes_and_goes(self) -> None:
        name = f"{self._group}-{self._rng.randrange(10**9)}"
        self._ask("create group", 0, "POST", "/groups", json={"groupId": name})
        fields = {"limit": "1"}
        for _ in range(2):
            self._ask("register", 0, "POST", f"/groups/{name}/faces", files=self._picture(), data=fields)
        fields = {"limit": "1", "threshold": "1"}
        self._ask("search", 0, "POST", f"/groups/{name}/faces/search", files=self._picture(), data=fields)
        self._ask("delete group", 0, "DELETE", f"/groups/{name}")

    def mistakes(self) -> None:
        broken = {"imageFile": ("face.jpg", self._pictures[0].data[:5000])}
        self._ask("mistake", -45080, "POST", "/faces/detect", files=broken)
        self._ask("mistake", -40000, "GET", f"{self._path}/faces", params={"limit": 0})
        self._ask("mistake", -40030, "GET", "/groups/nowhere")
        self._ask("mistake", -41005, "GET", "/groups", params={"limit": 1}, headers={"Authorization": "wrong"})

    def hang_up(self) -> None:
        """Announce a picture, send half of it, and go."""
        address = urlsplit(self._server.url)
        picture = self._rng.choice(self._pictures).data
        head = (
            f"POST {PREFIX}/{self._keys.appKey}/faces/detect HTTP/1.1",
            f"Host: {address.netloc}",
            f"Authorization: {self._keys.secretKey}",
            "Content-Type: multipart/form-data; boundary=half",
            f"Content-Length: {len(picture)}",
        )
        with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
            connection.sendall(("\r\n".join(head) + "\r\n\r\n").encode() + picture[: len(picture) // 2])

    @property
    def _path(self) -> str:
        return f"/groups/{self._group}"

    def _picture(self) -> dict[str, tuple[str, bytes]]:
        picture = self._rng.choice(self._pictures)
        return {"imageFile": ("face.jpg", picture.data)}

    def _ask(self, kind: str, code: int, method: str, path: str, **content: Any) -> Any:
        """The answer's data; an answer with another result code is unexpected, and an exception too."""
        start = time.perf_counter()
        try:
            answer = self._http.request(method, path, **content)
        except httpx.TransportError as error:
            self._note(kind, time.perf_counter() - start, type(error).__name__)
            return None
        header = answer.json()["header"]
        wrong = (
            "" if header["resultCode"] == code else f"{header['resultCode']} {answer.headers['x-error-detail']}"
        )
        self._note(kind, time.perf_counter() - start, wrong)
        return None if wrong else answer.json().get("data")

    def _note(self, kind: str, seconds: float, unexpected: str = "") -> None:
        self._record.note(Request(time.monotonic(), seconds, kind, unexpected))
