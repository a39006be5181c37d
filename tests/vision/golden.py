"""Golden answers: what every network and every recognition recipe says of faces of the ten synthetic people.

`python -m tests.vision.golden` writes the answers of what has none yet, such as a new recipe, into the folder
`golden_answers`. Those that are there stay as they are unless they are named: `python -m tests.vision.golden NAME`
replaces them, and tells how far the new are from the old. docs/architecture.md says when that is allowed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tests.conftest import PEOPLE, curated
from visavis.types import Box, DetectedFace, Landmarks, Pose, Quality, Traits
from visavis.vision.align import align
from visavis.vision.analyzer import Analyzer
from visavis.vision.decode import DecodedPicture
from visavis.vision.mask import MaskClassifier
from visavis.vision.models import (
    FR_LIVENESS,
    MASK,
    MINIFAS_V1SE,
    MINIFAS_V2,
    RECOGNITION_CARDS,
    ModelCard,
)
from visavis.vision.spoof import LivenessEstimator
from visavis.vision.store import ModelStore, default_directory

Answers: TypeAlias = NDArray[Any]
"""A row for each face of PICTURES: float32, where embeddings are kept float16."""

Question: TypeAlias = Callable[[DecodedPicture, Sequence[DetectedFace]], ArrayLike]
"""Something that is asked of faces of a picture; a row each."""

FOLDER = Path(__file__).with_name("golden_answers")
PICTURES = (
    *((name, kind) for name in PEOPLE for kind in ("studio_portrait", "amateur_selfie")),
    ("P001", "emotions_sheet"),
)
"""Name and kind, as `openpeople` has them: 20 faces that fill much of a picture, and 16 in one."""

FACES = "faces"
"""Rows: number of the picture, detection score, and in pixels box and landmarks. All else is asked of these."""
RECIPES = tuple(card.name for card in RECOGNITION_CARDS)
NAMES = (FACES, "poses", "masks", "qualities", "liveness-minifas", "liveness-fused", *RECIPES)


def kept(name: str) -> Answers:
    """The answers in the repository. Raises FileNotFoundError if there are none."""
    return np.asarray(np.load(_path(name), allow_pickle=False))


def optional_files(name: str) -> list[ModelCard]:
    """What may be missing, and is needed for the answers of this name."""
    files = {card.name: card.files for card in RECOGNITION_CARDS} | {"liveness-fused": (FR_LIVENESS,)}
    return [file for file in files.get(name, ()) if file.optional]


def kept_faces() -> list[list[DetectedFace]]:
    """The faces of each picture as they are kept."""
    pictures: list[list[DetectedFace]] = [[] for _ in PICTURES]
    for picture, score, *coordinates in kept(FACES).tolist():
        points = zip(coordinates[4::2], coordinates[5::2], strict=True)
        pictures[int(picture)].append(DetectedFace(Box(*coordinates[:4]), Landmarks(*points), score))
    return pictures


def answers(store: ModelStore, analyzer: Analyzer, name: str) -> Answers:
    """What is answered now. Raises SetupError if a file is missing that it takes."""
    return _found(analyzer) if name == FACES else asked(analyzer, question(store, analyzer, name))


def asked(analyzer: Analyzer, question: Question, pictures: int = len(PICTURES)) -> Answers:
    """What is answered to the question about the kept faces of the first pictures."""
    description = []
    for picture, faces in list(zip(PICTURES, kept_faces(), strict=True))[:pictures]:
        with analyzer.decode(curated(*picture)) as decoded:
            description.append(np.asarray(question(decoded, faces), np.float32))
    return np.concatenate(description)


def question(store: ModelStore, analyzer: Analyzer, name: str) -> Question:
    """What is asked for the answers of this name, which are not FACES."""
    if name in RECIPES:
        return lambda picture, faces: analyzer.embed(picture, faces, name)
    if name == "poses":
        return lambda picture, faces: [
            _numbers(face.pose) for face in analyzer.describe(picture, faces, Traits(pose=True))
        ]
    if name == "qualities":
        return lambda picture, faces: [
            _numbers(face.quality) for face in analyzer.describe(picture, faces, Traits(quality=True))
        ]
    if name == "masks":
        classifier = MaskClassifier(store.load(MASK))
        return lambda picture, faces: classifier.probabilities([align(picture, face.landmarks) for face in faces])
    fr_liveness = store.load(FR_LIVENESS) if name == "liveness-fused" else None
    estimator = LivenessEstimator(store.load(MINIFAS_V2), store.load(MINIFAS_V1SE), fr_liveness)
    return lambda picture, faces: estimator.estimate(picture, [face.box for face in faces])


def distances(name: str, first: Answers, second: Answers) -> Answers:
    """How far two answers are apart, a number for each face.

    Of embeddings 1 less the cosine; of faces the largest difference, that of coordinates in parts of the box's
    longer side; of all else the largest difference.
    """
    one, other = first.astype(np.float64), second.astype(np.float64)
    if name in RECIPES:
        lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
        return np.asarray(1 - (one * other).sum(axis=1) / lengths)
    differences = np.abs(one - other).reshape(len(one), -1)
    if name == FACES:
        differences[:, 2:] /= np.maximum(*(other[:, 4:6] - other[:, 2:4]).T)[:, np.newaxis]
    return np.asarray(differences.max(axis=1))


def _found(analyzer: Analyzer) -> Answers:
    rows = []
    for number, picture in enumerate(PICTURES):
        with analyzer.decode(curated(*picture)) as decoded:
            for face in analyzer.find(decoded):
                points = face.landmarks.as_array().reshape(-1)
                rows.append([number, face.detection_score, *astuple(face.box), *points])
    return np.array(rows, np.float32)


def _numbers(trait: Pose | Quality | None) -> list[float]:
    """Its fields, without the flaw that a quality names."""
    assert trait is not None
    return [value for value in astuple(trait) if isinstance(value, float)]


def main(names: Sequence[str]) -> int:
    """Write the answers of `names`, or else those that are missing; all, if the faces change. 2: no such name."""
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"There is no {', '.join(unknown)}, only: {', '.join(NAMES)}.", file=sys.stderr)  # noqa: T201
        return 2
    store = ModelStore(Path(os.environ.get("VISAVIS_MODELS_DIR") or default_directory()))
    analyzer = Analyzer.load(store, cpu_places=1)
    chosen = names or [name for name in NAMES if not _path(name).exists()]
    for name in NAMES if FACES in chosen else chosen:
        print(_keep(name, answers(store, analyzer, name)))  # noqa: T201
    return 0


def _keep(name: str, description: Answers) -> str:
    """What was done, in a sentence."""
    sentence = f"{name}: written, {len(description)} faces"
    if _path(name).exists():
        old = kept(name)
        comparable = old.shape == description.shape
        sentence = (
            f"{name}: replaced, up to {distances(name, description, old).max():.1g} from the old"
            if comparable
            else (f"{name}: replaced, of shape {description.shape} instead of {old.shape}")
        )
    np.save(_path(name), description.astype(np.float16 if name in RECIPES else np.float32), allow_pickle=False)
    return sentence


def _path(name: str) -> Path:
    return FOLDER / f"{name}.npy"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
