"""Other processes on the same storage."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from threading import Lock
from typing import Any

from harness.storage.faces import new_face, unit_rows
from harness.storage.place import Place
from visavis.errors import ErrorCode, ServiceError

SPAWN = multiprocessing.get_context("spawn")


class Peer:
    """A process that has opened the storage and calls its gallery as it is told."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def call(self, method: str, *args: Any) -> Any:
        """What the method returned, or the code of the ServiceError it raised."""
        self._connection.send((method, args))
        return self._connection.recv()


@contextmanager
def peer(place: Place) -> Iterator[Peer]:
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=_serve, args=(theirs, place))
    process.start()
    theirs.close()
    try:
        yield Peer(ours)
    finally:
        ours.close()
        process.join(20)
        process.kill()
        process.join()


def _serve(connection: Connection, place: Place) -> None:
    storage = place.open()
    while True:
        try:
            method, args = connection.recv()
        except EOFError:
            break
        try:
            connection.send(getattr(storage.gallery, method)(*args))
        except ServiceError as error:
            connection.send(error.code)
    storage.close()


def open_and_close(place: Place) -> bytes:
    """The token key, which depends on the master key."""
    storage = place.open()
    storage.close()
    return storage.token_key


def add_one_by_one(place: Place, attempts: int, quota: int) -> tuple[list[str], int]:
    """Add faces from eight threads: the ids of those stored, and how many were refused for the quota."""
    storage = place.open()
    found = storage.apps.find_app("app")
    assert found is not None
    group = storage.gallery.require_group(found, "group")
    embedding = unit_rows(1)[0]

    def add(_: int) -> str | None:
        face = new_face(embedding)
        try:
            storage.gallery.add(group, [face], quota)
        except ServiceError as error:
            if error.code is not ErrorCode.FACE_QUOTA_EXCEEDED:
                raise
            return None
        return face.face_id

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(add, range(attempts)))
    storage.close()
    stored = [face_id for face_id in outcomes if face_id is not None]
    return stored, attempts - len(stored)


def add_until_killed(connection: Connection, place: Place) -> None:
    """Add faces from four threads for ever, and tell each id once it is acknowledged."""
    storage = place.open()
    found = storage.apps.find_app("app")
    assert found is not None
    group = storage.gallery.require_group(found, "group")
    rows = unit_rows(64)
    telling = Lock()

    def add(thread: int) -> None:
        while True:
            face = new_face(rows[thread])
            storage.gallery.add(group, [face], quota=100_000)
            with telling:
                connection.send(face.face_id)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(4)))
