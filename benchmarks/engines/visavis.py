"""Visavis as a server process of its own, asked over HTTP."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.engines.gallery import made_up
from harness.servers import Server, running_server
from visavis.settings import Settings
from visavis.storage.store import open_storage
from visavis.types import Box, NewFace
from visavis.vision.catalogue import Catalogue

_APP, _GROUP = "peers", "people"
_A_TRANSACTION = 1_000
_SEARCH = {"limit": "5", "threshold": "90"}
"""As the README searches."""


class Visavis:
    """`visavis serve` with its defaults. Its client is in this process, and counts for time alone."""

    def __init__(self, server: Server) -> None:
        self.process = server.process.pid
        self._server = server
        self._client = server.v2(server.create_app(_APP))
        self._client.post("/groups", json={"groupId": _GROUP}).raise_for_status()

    def enrol(self, files: Sequence[str]) -> int:
        taken = 0
        for file in files:
            answer = self._post("", file, {"limit": "1", "externalImageId": Path(file).stem})
            taken += len(answer["addedFaces"]) if answer else 0
        return taken

    def fill(self, faces: int) -> None:
        """Through the door that servers have to their storage, beside the running one."""
        storage = open_storage(self._server.data_dir)
        try:
            app = storage.apps.find_app(_APP)
            assert app is not None
            group = storage.gallery.require_group(app, _GROUP)
            dimension = Catalogue.read(Settings().models_dir).require(group.model).dimension
            vectors = made_up(faces - group.face_count, dimension)
            box = Box(0.3, 0.2, 0.6, 0.7)
            new = [
                NewFace(str(uuid.uuid4()), str(uuid.uuid4()), f"made-up-{number}", box, 0.9, vector)
                for number, vector in enumerate(vectors)
            ]
            for start in range(0, len(new), _A_TRANSACTION):
                storage.gallery.add(group, new[start : start + _A_TRANSACTION], quota=faces)
        finally:
            storage.close()

    def search(self, file: str) -> str:
        answer = self._post("/search", file, _SEARCH)
        matches = answer["matchFaces"] if answer else []
        return str(matches[0]["face"]["externalImageId"]) if matches else ""

    def versions(self) -> Mapping[str, str]:
        return {"visavis": version("visavis"), "onnxruntime": version("onnxruntime")}

    def _post(self, path: str, file: str, fields: Mapping[str, str]) -> Mapping[str, Any] | None:
        """What a request with a picture is answered; None where the picture is refused."""
        answer = self._client.post(
            f"/groups/{_GROUP}/faces{path}", files={"imageFile": Path(file).read_bytes()}, data=fields
        )
        answered: Mapping[str, Any] | None = answer.raise_for_status().json().get("data")
        return answered


@contextmanager
def open_engine(_weights: Path, folder: Path) -> Iterator[Visavis]:
    """A server with a data directory in the folder."""
    with running_server(folder) as server:
        yield Visavis(server)
