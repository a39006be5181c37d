"""One look at each picture for several recognition models, which embed the face that was found once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.evaluation.corpus import Look, UnreadableError, Which, in_parallel, see_one_face
from visavis.evaluation.folders import Person
from visavis.evaluation.verification import Faces, faces_in
from visavis.types import DetectedFace, Embedding
from visavis.vision.align import align
from visavis.vision.analyzer import Analyzer
from visavis.vision.decode import DecodedPicture


@dataclass(frozen=True, slots=True)
class Sight:
    """What several models said of one picture."""

    look: Look
    """Without an embedding."""
    embeddings: tuple[tuple[Embedding, Embedding], ...] = ()
    """One a model, shape (d,) of each, as it is stored and as a face that is asked about; none without a face."""
    seconds: tuple[float, ...] = ()
    """Of processor time, one a model: from the decoded picture and its face to the embedding."""


@dataclass(frozen=True, slots=True)
class ModelsObserver:
    """Looks at one face of each picture, at several pictures at once."""

    analyzer: Analyzer
    threads: int
    models: tuple[str, ...]
    which: Which

    def look_at(self, files: Sequence[Path], advance: Callable[[], None]) -> list[Sight]:
        """One sight a file, in their order; `advance` is called as each is done. Bad files are no errors."""
        return in_parallel(self._look, files, self.threads, advance)

    def _look(self, file: Path) -> Sight:
        try:
            seen = see_one_face(self.analyzer, file, self.which, self._see)
        except UnreadableError as error:
            return Sight(Look(file, unreadable=str(error)))
        if seen is None:
            return Sight(Look(file))
        face, embeddings, seconds = seen
        return Sight(Look(file, face), embeddings, seconds)

    def _see(
        self, picture: DecodedPicture, face: DetectedFace
    ) -> tuple[DetectedFace, tuple[tuple[Embedding, Embedding], ...], tuple[float, ...]]:
        align(picture, face.landmarks)  # shrinks a large picture, which the first model alone would pay for
        embeddings, seconds = [], []
        for model in self.models:
            begun = time.thread_time()
            [embedding] = self.analyzer.embed(picture, [face], model)
            seconds.append(time.thread_time() - begun)
            embeddings.append((embedding, self.analyzer.as_probe(embedding, model)))
        return face, tuple(embeddings), tuple(seconds)


def faces_by_model(people: Sequence[Person], sights: Sequence[Sight], models: int) -> list[Faces]:
    """A copy of the faces for each model. `sights` are of the pictures, in the order of the people.

    Raises SetupError if no face was found in any.
    """
    numbers = [number for number, person in enumerate(people) for _ in person.files]
    return [
        faces_in([(number, _with_embedding(sight, model)) for number, sight in zip(numbers, sights, strict=True)])
        for model in range(models)
    ]


def _with_embedding(sight: Sight, model: int) -> Look:
    if not sight.embeddings:
        return sight.look
    embedding, probe = sight.embeddings[model]
    return replace(sight.look, embedding=embedding, probe=probe)


def seconds_by_model(sights: Sequence[Sight]) -> NDArray[np.float64]:
    """The median of each model's processor time for a face; shape (models,)."""
    return np.asarray(np.median([sight.seconds for sight in sights if sight.seconds], axis=0))
