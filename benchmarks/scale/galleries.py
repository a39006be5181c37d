"""Groups of any size in a data directory, filled through the same door as by a server."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from benchmarks.faces import crowd
from visavis.storage.gallery.gallery import SealedGallery
from visavis.storage.keys.cipher import KEY_BYTES
from visavis.storage.store import Storage, open_storage
from visavis.types import Box, Embedding, Group, NewFace

DIMENSIONS = 512
PROBES = 20

_CHUNK = 50_000
_A_TRANSACTION = 1_000
_BOX = Box(0.3, 0.2, 0.6, 0.7)


class Galleries:
    """One data directory with one app, and a group for every size asked for."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._master_key = os.urandom(KEY_BYTES)
        with self.opened() as storage:
            self._app = storage.apps.create_app("benchmark", {})

    @contextmanager
    def opened(self, max_loaded_bytes: int = 1 << 40) -> Iterator[Storage]:
        """The storage as a server that has just been started has it: nothing is loaded."""
        storage = open_storage(self._directory, self._master_key, max_loaded_bytes)
        try:
            yield storage
        finally:
            storage.close()

    def group(self, storage: Storage, name: str) -> Group:
        return storage.gallery.require_group(self._app, name)

    def fill(self, name: str, faces: int) -> tuple[Embedding, float]:
        """Make a group of `faces` faces; probes of people in it, and the seconds that storing took."""
        seconds = 0.0
        probes = None
        with self.opened() as storage:
            group = storage.gallery.create_group(self._app, name, "benchmark", quota=1_000)
            for start in range(0, faces, _CHUNK):
                people = crowd(min(_CHUNK, faces - start), DIMENSIONS, PROBES, seed=start)
                probes = people.probes if probes is None else probes
                seconds += _store(storage.gallery, group, people.gallery, start, quota=faces)
        assert probes is not None
        return probes, seconds


def _store(gallery: SealedGallery, group: Group, embeddings: Embedding, first: int, quota: int) -> float:
    faces = [
        NewFace(str(UUID(int=first + row)), str(UUID(int=first + row)), None, _BOX, 0.9, embedding)
        for row, embedding in enumerate(embeddings)
    ]
    start = time.perf_counter()
    for row in range(0, len(faces), _A_TRANSACTION):
        gallery.add(group, faces[row : row + _A_TRANSACTION], quota)
    return time.perf_counter() - start
