"""What a server would say of a picture and of two faces: for everything that docs/robustness.md tells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from visavis.core.calibration import Calibration
from visavis.core.policy import is_comparable
from visavis.settings import Settings
from visavis.types import DetectedFace, Embedding, Traits
from visavis.vision.analyzer import Analyzer
from visavis.vision.catalogue import Catalogue
from visavis.vision.decode import DecodedPicture
from visavis.vision.store import ModelStore

THREADS = 2
T, U = TypeVar("T"), TypeVar("U")

console = Console(stderr=True)


@dataclass(frozen=True)
class Meter:
    """Looks at pictures and compares faces as a server does."""

    analyzer: Analyzer
    model: str
    calibration: Calibration
    min_comparability: float

    @classmethod
    def load(cls, model: str, min_comparability: float) -> Meter:
        store = ModelStore(Settings().models_dir)
        table = Catalogue.read(store.directory).require(model).similarity_table
        analyzer = Analyzer.load(store, cpu_places=THREADS)
        return cls(analyzer, model, Calibration.from_table(table), min_comparability)

    def embed(self, picture: DecodedPicture, face: DetectedFace) -> Embedding | None:
        """Shape (d,); None where the face is too poor to be compared. The face has its comparability."""
        if not is_comparable(face, self.min_comparability):
            return None
        [embedding] = self.analyzer.embed(picture, [face], self.model)
        return embedding

    def described(self, picture: DecodedPicture, face: DetectedFace) -> DetectedFace:
        """With its quality and its comparability."""
        [described] = self.analyzer.describe(picture, [face], Traits(quality=True, comparability=True))
        return described

    def similarities(self, asked: Iterable[Embedding], stored: Iterable[Embedding]) -> NDArray[np.float64]:
        """Of each that is asked about with each that is stored: shape (asked, stored), 0-100."""
        probes = self.analyzer.as_probe(np.stack(list(asked)), self.model)
        cosines = probes @ np.stack(list(stored)).T
        return np.interp(cosines, self.calibration.cosines, self.calibration.similarities)


def in_parallel(look: Callable[[T], U], things: Iterable[T], what: str) -> Iterator[U]:
    """What a look at each gives, in their order, with a progress bar."""
    with ThreadPoolExecutor(THREADS) as pool:
        yield from track(pool.map(look, list(things)), what, console=console)
