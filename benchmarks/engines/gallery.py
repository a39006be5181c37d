"""Engines that show vectors and keep none: their user keeps them in one matrix, which NumPy searches."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from benchmarks.engines.protocol import Found, Vector


class InMemory(ABC):
    """A gallery in memory. Of several faces in a picture the largest counts."""

    PACKAGES: ClassVar[Sequence[str]]
    """Packages that do the work."""
    dtype: ClassVar[type[np.floating[Any]]] = np.float32

    def __init__(self) -> None:
        self.process = os.getpid()
        self._names: list[str] = []
        self._parts: list[Vector] = []

    @abstractmethod
    def faces(self, file: str) -> list[Found]:
        """Every face that the engine finds in a picture."""

    def nearest(self, gallery: Vector, vector: Vector) -> int:
        """The row of the gallery, shape (n, d), that is most like the vector; all are unit vectors."""
        return int((gallery @ vector).argmax())

    def enrol(self, files: Sequence[str]) -> int:
        before = len(self._names)
        for file in files:
            if face := largest(self.faces(file)):
                self._names.append(Path(file).stem)
                self._parts.append(np.asarray(face.vector, self.dtype)[None])
        return len(self._names) - before

    def fill(self, faces: int) -> None:
        more = faces - len(self._names)
        self._names += [f"made-up-{number}" for number in range(more)]
        self._parts.append(made_up(more, self._matrix().shape[1]).astype(self.dtype))

    def search(self, file: str) -> str:
        face = largest(self.faces(file))
        return self._names[self.nearest(self._matrix(), face.vector)] if face else ""

    def versions(self) -> Mapping[str, str]:
        return {name: version(name) for name in self.PACKAGES}

    def _matrix(self) -> Vector:
        """All vectors, shape (n, d)."""
        if len(self._parts) > 1:
            self._parts = [np.concatenate(self._parts)]
        return self._parts[0]


def made_up(faces: int, dimensions: int) -> NDArray[np.float32]:
    """Unit vectors in random directions, shape (faces, dimensions). The same ones each time."""
    drawn = np.random.default_rng(0).standard_normal((faces, dimensions), np.float32)
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    return drawn


def largest(found: Sequence[Found]) -> Found | None:
    """The face with the largest box; None if there is none."""
    return max(found, key=lambda face: face.width * face.height, default=None)
