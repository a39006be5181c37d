"""Measures each picture once for several recognition models, which all embed the same face."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.evaluation.corpus import Sample, UnreadableError, Which, in_parallel, see_one_face
from visavis.evaluation.folders import Person
from visavis.evaluation.verification import Faces, faces_in
from visavis.types import DetectedFace, Embedding
from visavis.vision.align import align
from visavis.vision.analyzer import Analyzer
from visavis.vision.decode import DecodedPicture


@dataclass(frozen=True, slots=True)
class ModelsSample:
    """The result of several models for one picture."""

    sample: Sample
    """The picture and its face, without an embedding."""
    embeddings: tuple[tuple[Embedding, Embedding], ...] = ()
    """One pair for each model: the stored embedding and the probe, shape (d,) each; empty without a face."""
    seconds: tuple[float, ...] = ()
    """Processor time of each model, from the decoded picture and its face to the embedding."""


@dataclass(frozen=True, slots=True)
class ModelsEmbedder:
    """Embeds one face of each picture by all models, several pictures at the same time."""

    analyzer: Analyzer
    threads: int
    models: tuple[str, ...]
    which: Which

    def measure(self, files: Sequence[Path], advance: Callable[[], None]) -> list[ModelsSample]:
        """One result for each file, in order; `advance` is called after each. Unreadable files are not errors."""
        return in_parallel(self._measure, files, self.threads, advance)

    def _measure(self, file: Path) -> ModelsSample:
        try:
            seen = see_one_face(self.analyzer, file, self.which, self._see)
        except UnreadableError as error:
            return ModelsSample(Sample(file, unreadable=str(error)))
        if seen is None:
            return ModelsSample(Sample(file))
        face, embeddings, seconds = seen
        return ModelsSample(Sample(file, face), embeddings, seconds)

    def _see(
        self, picture: DecodedPicture, face: DetectedFace
    ) -> tuple[DetectedFace, tuple[tuple[Embedding, Embedding], ...], tuple[float, ...]]:
        align(picture, face.landmarks)  # shrinks a large picture, or the time would count for the first model
        embeddings, seconds = [], []
        for model in self.models:
            begun = time.thread_time()
            [embedding] = self.analyzer.embed(picture, [face], model)
            seconds.append(time.thread_time() - begun)
            embeddings.append((embedding, self.analyzer.as_probe(embedding, model)))
        return face, tuple(embeddings), tuple(seconds)


def faces_by_model(people: Sequence[Person], by_models: Sequence[ModelsSample], models: int) -> list[Faces]:
    """A copy of the faces for each model. `sights` are of the pictures, in the order of the people.

    Raises SetupError if no face was found in any.
    """
    numbers = [number for number, person in enumerate(people) for _ in person.files]
    return [
        faces_in([(number, _with_embedding(each, model)) for number, each in zip(numbers, by_models, strict=True)])
        for model in range(models)
    ]


def _with_embedding(each: ModelsSample, model: int) -> Sample:
    if not each.embeddings:
        return each.sample
    embedding, probe = each.embeddings[model]
    return replace(each.sample, embedding=embedding, probe=probe)


def seconds_by_model(by_models: Sequence[ModelsSample]) -> NDArray[np.float64]:
    """The median of each model's processor time for a face; shape (models,)."""
    return np.asarray(np.median([each.seconds for each in by_models if each.seconds], axis=0))
