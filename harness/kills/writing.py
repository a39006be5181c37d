"""A process that writes without pause from several threads, and tells of each write before it and after it."""

from __future__ import annotations

import multiprocessing
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from threading import Lock
from typing import Literal

from harness.storage.faces import new_face, unit_rows
from harness.storage.place import Place
from visavis.identities import App
from visavis.storage.gallery.gallery import SealedGallery

FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload(["harness.kills.writing"])
"""A process begins in milliseconds: what it imports has been imported."""

THREADS = 6
SHARED = "shared"
APP = "app"
_FULL = 400
"""A group with so many faces is deleted, and its thread begins another."""

_BULK = 150
_ROWS = unit_rows(64, width=32)


@dataclass(frozen=True, slots=True)
class Write:
    """One call of the gallery, by what it does to which faces of which group."""

    kind: Literal["create group", "delete group", "add", "delete face"]
    group: str
    faces: tuple[str, ...] = ()


Told = tuple[int, Write | BaseException | None]
"""The thread, and the write that it begins; None once that has been acknowledged; an error that ended it."""


class Process:
    """A process that writes until it is killed."""

    def __init__(self, place: Place, seed: int, known: dict[str, set[str]]) -> None:
        """`known`: the groups and faces that are there. Returns when the storage is open and writing begins."""
        self._ours, theirs = FORKED.Pipe(duplex=False)
        self._process = FORKED.Process(target=_write, args=(theirs, place, seed, known), daemon=True)
        self._process.start()
        theirs.close()
        self._ours.recv()

    def tell(self, note: Callable[[Told], None]) -> None:
        """Pass on what it says, until it is dead and all has been read."""
        try:
            while True:
                note(self._ours.recv())
        except (EOFError, OSError):
            self._process.join()

    def kill(self) -> None:
        self._process.kill()


def _write(connection: Connection, place: Place, seed: int, known: dict[str, set[str]]) -> None:
    storage = place.open()
    app = storage.apps.find_app(APP)
    assert app is not None
    connection.send("ready")
    telling = Lock()
    with ThreadPoolExecutor(THREADS) as pool:
        for number in range(THREADS):
            pool.submit(_Writer(connection, telling, storage.gallery, app, number, seed, known).run)


class _Writer:
    """One thread. Its groups are its own but for the shared one, where its faces are."""

    def __init__(
        self,
        connection: Connection,
        telling: Lock,
        gallery: SealedGallery,
        app: App,
        number: int,
        seed: int,
        known: dict[str, set[str]],
    ) -> None:
        self._connection, self._telling, self._gallery, self._app = connection, telling, gallery, app
        self._number, self._mark = number, f"t{number}-"
        self._rng = random.Random(seed * THREADS + number)
        self._faces = {
            group: sorted(face for face in faces if face.startswith(self._mark))
            for group, faces in known.items()
            if group == SHARED or group.startswith(self._mark)
        }

    def run(self) -> None:
        try:
            while True:
                self._step()
        except BaseException as error:
            with self._telling:
                self._connection.send((self._number, error))
            raise

    def _step(self) -> None:
        own = [group for group in self._faces if group != SHARED]
        if not own:
            return self._create_group()
        group = self._rng.choice([SHARED, *own])
        faces = self._faces[group]
        if group != SHARED and (len(faces) > _FULL or self._rng.random() < 0.02):
            return self._delete_group(group)
        if faces and (self._rng.random() < 0.4 or len(faces) > _FULL):
            return self._delete_face(group)
        return self._add(group, _BULK if self._rng.random() < 0.05 else self._rng.randint(1, 3))

    def _create_group(self) -> None:
        name = f"{self._mark}{self._rng.randrange(10**12)}"
        self._told(Write("create group", name), lambda: self._gallery.create_group(self._app, name, "sface", 1000))
        self._faces[name] = []

    def _delete_group(self, name: str) -> None:
        group = self._gallery.require_group(self._app, name)
        self._told(Write("delete group", name), lambda: self._gallery.delete_group(group))
        del self._faces[name]

    def _add(self, name: str, count: int) -> None:
        group = self._gallery.require_group(self._app, name)
        ids = tuple(f"{self._mark}{self._rng.randrange(10**15)}" for _ in range(count))
        faces = [new_face(self._rng.choice(_ROWS), face_id) for face_id in ids]
        self._told(Write("add", name, ids), lambda: self._gallery.add(group, faces, quota=1_000_000))
        self._faces[name] += ids
        if self._rng.random() < 0.1:  # so that the index is filled, and follows
            self._gallery.search(group, faces[0].embedding, 3, 0.5)

    def _delete_face(self, name: str) -> None:
        group = self._gallery.require_group(self._app, name)
        face = self._faces[name].pop(self._rng.randrange(len(self._faces[name])))
        self._told(Write("delete face", name, (face,)), lambda: self._gallery.delete_face(group, face))

    def _told(self, write: Write, call: Callable[[], object]) -> None:
        with self._telling:
            self._connection.send((self._number, write))
        call()
        with self._telling:
            self._connection.send((self._number, None))
