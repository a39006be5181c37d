"""Collects the network outputs for pictures, from which any recipe of these networks can be fitted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from visavis.evaluation.corpus import Sample, UnreadableError, Which, in_parallel, meant, see_one_face
from visavis.evaluation.worsening import poor_versions
from visavis.types import DetectedFace, Embedding
from visavis.vision.analyzer import Analyzer
from visavis.vision.decode import DecodedPicture
from visavis.vision.recognition import Recognizer


@dataclass(frozen=True, slots=True)
class Answer:
    """The output of the networks for one picture."""

    sample: Sample
    """The picture and its face, without an embedding."""
    answers: Embedding | None = None
    """Shape (d,); None if there is no face."""


@dataclass(frozen=True, slots=True)
class AnswersEmbedder:
    """Runs the networks on one face of each picture, on several pictures at the same time."""

    analyzer: Analyzer
    recognizer: Recognizer
    threads: int
    which: Which

    def measure(self, files: Sequence[Path], advance: Callable[[], None]) -> list[Answer]:
        """One answer for each file, in order; `advance` is called after each. Unreadable files are not errors."""
        return in_parallel(self._measure, files, self.threads, advance)

    def measure_poor_versions(
        self, files: Sequence[Path], advance: Callable[[], None]
    ) -> list[Mapping[str, Embedding]]:
        """For each file, the network output, shape (d,), of each kind of poor picture that is made of it.

        Kinds in which the face is not found are left out; so are files that are no pictures.
        """
        return in_parallel(self._measure_poor, files, self.threads, advance)

    def _measure(self, file: Path) -> Answer:
        try:
            seen = see_one_face(self.analyzer, file, self.which, self._see)
        except UnreadableError as error:
            return Answer(Sample(file, unreadable=str(error)))
        if seen is None:
            return Answer(Sample(file))
        face, answers = seen
        return Answer(Sample(file, face), answers)

    def _measure_poor(self, file: Path) -> Mapping[str, Embedding]:
        try:
            return see_one_face(self.analyzer, file, self.which, self._poor) or {}
        except UnreadableError:
            return {}

    def _see(self, picture: DecodedPicture, face: DetectedFace) -> tuple[DetectedFace, Embedding]:
        return face, self._answers(picture, face)

    def _answers(self, picture: DecodedPicture, face: DetectedFace) -> Embedding:
        answers: Embedding = self.recognizer.answers(picture, [face])[0]
        return answers

    def _poor(self, picture: DecodedPicture, _: DetectedFace) -> dict[str, Embedding]:
        versions = poor_versions(picture, self._face)
        return {kind: self._answers(spoilt, face) for kind, spoilt, face in versions}

    def _face(self, picture: DecodedPicture) -> DetectedFace | None:
        return meant(self.analyzer.find(picture), self.which, picture.size)
