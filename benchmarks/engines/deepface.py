"""deepface: `DeepFace.find` in a folder of pictures, beside which it keeps their vectors in a file of NumPy's."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.engines.gallery import made_up
from benchmarks.engines.protocol import Found

if TYPE_CHECKING:
    from types import ModuleType

_MODEL = {"model_name": "SFace", "detector_backend": "yunet"}
_NEAREST = 10


class DeepFace:
    """SFace and YuNet: of its default model, VGG-Face, no package has the weights."""

    def __init__(self, deepface: ModuleType, folder: Path) -> None:
        self.process = os.getpid()
        self._deepface = deepface
        self._folder = folder / "pictures"
        self._folder.mkdir()
        deepface.build_model("SFace")

    def enrol(self, files: Sequence[str]) -> int:
        """Copy the pictures to the folder; a search then notices new ones, and looks at them."""
        before = len(self._stored()["identity"]) if self._store() else 0
        for file in files:
            shutil.copy(file, self._folder)
        self._find(files[0], refresh=True)
        return len(self._stored()["identity"]) - before

    def fill(self, faces: int) -> None:
        stored = self._stored()
        more = faces - len(stored["identity"])
        added = {
            "embedding": made_up(more, stored["embedding"].shape[1]).astype(np.float64),
            "identity": np.array([str(self._folder / f"made-up-{number}.jpg") for number in range(more)]),
        }
        columns: dict[str, Any] = {
            name: np.concatenate([column, added.get(name, np.repeat(column[:1], more, axis=0))])
            for name, column in stored.items()
        }
        file = self._store()
        assert file is not None
        np.savez(file, **columns)

    def search(self, file: str) -> str:
        try:
            found = self._find(file, refresh=False)
        except ValueError:  # what it raises where it finds no face
            return ""
        return Path(str(found[0][0]["identity"])).stem if found and found[0] else ""

    def faces(self, file: str) -> list[Found]:
        try:
            faces = self._deepface.represent(file, **_MODEL)
        except ValueError:
            return []
        return [
            Found(area["x"], area["y"], area["w"], area["h"], _unit(face["embedding"]))
            for face in faces
            for area in [face["facial_area"]]
        ]

    def versions(self) -> Mapping[str, str]:
        return {"deepface": version("deepface")}

    def _find(self, file: str, *, refresh: bool) -> list[list[dict[str, Any]]]:
        """The nearest for each face in the picture. What is returned as `dict` is compared as one matrix."""
        options = {"refresh_database": refresh, "return_type": "dict", "k": _NEAREST, "silent": True}
        found: list[list[dict[str, Any]]] = self._deepface.find(file, str(self._folder), **_MODEL, **options)
        return found

    def _store(self) -> Path | None:
        return next(self._folder.glob("*.npz"), None)

    def _stored(self) -> dict[str, Any]:
        file = self._store()
        assert file is not None
        with np.load(file) as columns:
            return dict(columns)


def _unit(vector: Sequence[float]) -> NDArray[np.float64]:
    values = np.array(vector, np.float64)
    return np.divide(values, np.linalg.norm(values))


def open_engine(weights: Path, folder: Path) -> AbstractContextManager[DeepFace]:
    """The engine, with weights where its documentation puts them by hand."""
    home = folder / ".deepface"
    home.mkdir()
    (home / "weights").symlink_to(weights)
    os.environ["DEEPFACE_HOME"] = str(folder)  # which is read as it is imported
    functions = import_module("deepface.DeepFace")

    return nullcontext(DeepFace(functions, folder))
