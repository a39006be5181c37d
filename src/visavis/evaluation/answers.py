"""Pictures to the answers of a recognition model's networks, from which any recipe of these networks follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from visavis.evaluation.corpus import Look, UnreadableError, Which, in_parallel, meant, see_one_face
from visavis.evaluation.worsening import poor_versions
from visavis.types import DetectedFace, Embedding
from visavis.vision.analyzer import Analyzer
from visavis.vision.decode import DecodedPicture
from visavis.vision.recognition import Recognizer


@dataclass(frozen=True, slots=True)
class Answer:
    """What the networks told of one picture."""

    look: Look
    """Without an embedding."""
    answers: Embedding | None = None
    """Shape (d,); None where there is no face."""


@dataclass(frozen=True, slots=True)
class AnswersObserver:
    """Asks the networks about one face of each picture, about several pictures at once."""

    analyzer: Analyzer
    recognizer: Recognizer
    threads: int
    which: Which

    def look_at(self, files: Sequence[Path], advance: Callable[[], None]) -> list[Answer]:
        """One answer a file, in their order; `advance` is called as each is done. Bad files are no errors."""
        return in_parallel(self._look, files, self.threads, advance)

    def look_at_poor_versions(
        self, files: Sequence[Path], advance: Callable[[], None]
    ) -> list[Mapping[str, Embedding]]:
        """Of each file, by the kind of poor picture that is made of it, what the networks tell, shape (d,).

        Kinds in which the face is not found are left out; so are files that are no pictures.
        """
        return in_parallel(self._look_at_poor, files, self.threads, advance)

    def _look(self, file: Path) -> Answer:
        try:
            seen = see_one_face(self.analyzer, file, self.which, self._see)
        except UnreadableError as error:
            return Answer(Look(file, unreadable=str(error)))
        if seen is None:
            return Answer(Look(file))
        face, answers = seen
        return Answer(Look(file, face), answers)

    def _look_at_poor(self, file: Path) -> Mapping[str, Embedding]:
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
