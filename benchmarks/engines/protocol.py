"""What a benchmark asks of an engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Vector: TypeAlias = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Found:
    """A face in a picture: its box in pixels, and what the engine's network makes of it, shape (d,)."""

    left: float
    top: float
    width: float
    height: float
    vector: Vector


class Engine(Protocol):
    """A gallery that can be searched by picture. Files are JPEG, with one face each, whose name is the file's."""

    process: int
    """The process that does the work; its children count too."""

    def enrol(self, files: Sequence[str]) -> int:
        """Register the face of each file; the number of faces that the engine took."""
        ...

    def fill(self, faces: int) -> None:
        """Fill the gallery up to so many faces with vectors that are made up."""
        ...

    def search(self, file: str) -> str:
        """The name of the most similar face; empty if there is no face in the file, or nobody is like it."""
        ...

    def versions(self) -> Mapping[str, str]:
        """The version of each package that does the work."""
        ...


class Embedding(Protocol):
    """An engine that shows its vectors."""

    def faces(self, file: str) -> Sequence[Found]:
        """Every face that the engine finds in a picture."""
        ...
