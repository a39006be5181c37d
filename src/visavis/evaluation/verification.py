"""Verification (1:1): how often one person is refused, and how often two people match.

A pair is accepted if its cosine is above a threshold. FMR (false match rate, also FAR) is the share of impostor
pairs accepted, FNMR (false non-match rate) the share of genuine pairs refused, TAR = 1 - FNMR.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.core.calibration import Calibration
from visavis.errors import SetupError
from visavis.evaluation import intervals
from visavis.evaluation.comparisons import Comparisons, compare_all, compare_listed
from visavis.evaluation.corpus import Sample, counts, is_refused
from visavis.evaluation.folders import Pair, Person
from visavis.types import Embedding, GroupSettings

FMRS = {"1e-2": 1e-2, "1e-3": 1e-3, "1e-4": 1e-4, "1e-5": 1e-5, "1e-6": 1e-6}
TAR_AT = ("1e-3", "1e-4", "1e-5")
SIMILARITIES = {"80": 80.0, "90": 90.0, "99": 99.0}
ANY_FACE = GroupSettings(min_comparability=0.0)
"""Settings of a group that refuses no face."""
DISCARDED = (0.0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3)
"""Shares of the faces of lowest quality that are left out, for the error-versus-discard curve."""


@dataclass(frozen=True, slots=True, eq=False)
class Verification:
    """The comparisons, and what could not be compared."""

    compared: Comparisons
    faces: Faces
    counts: Mapping[str, int]
    """Numbers of pictures: `faces`, `missed` (without a face), `unreadable`."""
    genuine_with_missed: int
    """The number of genuine pairs if a face had been found in every picture."""


@dataclass(frozen=True, slots=True)
class Faces:
    """The faces of pictures: embeddings and people."""

    embeddings: NDArray[np.float32]
    """Shape (n, d)."""
    people: NDArray[np.int64]
    """The person of each face, shape (n,): numbers from 0 on, of people with a face only."""
    qualities: NDArray[np.float64]
    """0-100, shape (n,); NaN if quality was not requested."""
    refused: NDArray[np.bool_]
    """Whether the server would refuse to compare the face, shape (n,)."""
    given: NDArray[np.int64]
    """The number of each person in the input, shape (people,)."""
    probes: NDArray[np.float32] | None = None
    """The embeddings as probes, shape (n, d); None if they equal the stored ones."""

    @property
    def asked(self) -> NDArray[np.float32]:
        """The embeddings as probes, shape (n, d)."""
        return self.embeddings if self.probes is None else self.probes


def of_people(
    people: Sequence[Person], samples: Mapping[Path, Sample], scale: Calibration, asked: GroupSettings = ANY_FACE
) -> Verification:
    """Every picture against every other. Raises SetupError if no face was found in any.

    The scale says how alike the least of the SIMILARITIES are: impostor pairs from there on are kept.
    """
    shown = [(number, samples[file]) for number, person in enumerate(people) for file in person.files]
    faces = faces_in(shown, asked)
    readable = np.bincount([number for number, sample in shown if sample.unreadable is None])
    return Verification(
        compare_all(
            faces.embeddings,
            faces.people,
            refused=faces.refused,
            kept_from=scale.cosine(min(SIMILARITIES.values())),
            probes=faces.asked,
        ),
        faces,
        counts([sample for _, sample in shown]),
        genuine_with_missed=int((readable * (readable - 1) // 2).sum()),
    )


def of_pairs(
    pairs: Sequence[Pair], samples: Mapping[Path, Sample], asked: GroupSettings = ANY_FACE
) -> Verification:
    """The pairs of a list. Pictures that it calls the same, by one or more steps, show one person.

    Raises SetupError if no pair could be compared.
    """
    readable = [pair for pair in pairs if not (samples[pair.first].unreadable or samples[pair.second].unreadable)]
    person = _people_of(pairs)
    shown = [(person[file], sample) for file, sample in samples.items()]
    faces = faces_in(shown, asked)
    number = {sample.file: row for row, sample in enumerate(sample for _, sample in shown if sample.face)}
    usable = [pair for pair in readable if pair.first in number and pair.second in number]
    if not usable:
        raise SetupError("None of the pairs could be compared: a picture of each has no face or cannot be read.")
    rows = np.array([(number[pair.first], number[pair.second]) for pair in usable], np.int32)
    same = np.array([pair.same for pair in usable])
    return Verification(
        compare_listed(faces.embeddings, faces.people, rows, same, faces.refused, faces.asked),
        faces,
        counts(list(samples.values())),
        genuine_with_missed=sum(pair.same for pair in readable),
    )


def faces_in(shown: Sequence[tuple[int, Sample]], asked: GroupSettings = ANY_FACE) -> Faces:
    """The faces of pictures, each given with the number of its person. Raises SetupError if there is none.

    Faces that a group which asks for so much would refuse count as refused.
    """
    found = [
        (person, sample) for person, sample in shown if sample.face is not None and sample.embedding is not None
    ]
    if not found:
        raise SetupError("No face was found in any of the pictures.")
    # People without a face are not counted among those who can be drawn.
    given, people = np.unique([person for person, _ in found], return_inverse=True)
    return Faces(
        np.stack([sample.embedding for _, sample in found if sample.embedding is not None]),
        people.astype(np.int64),
        np.array([_quality(sample) for _, sample in found]),
        np.array([sample.face is not None and is_refused(sample.face, asked) for _, sample in found]),
        given,
        np.stack([probe for _, sample in found if (probe := _probe(sample)) is not None]),
    )


def _probe(sample: Sample) -> Embedding | None:
    return sample.embedding if sample.probe is None else sample.probe


def _quality(sample: Sample) -> float:
    return sample.face.quality.score if sample.face and sample.face.quality else math.nan


def _people_of(pairs: Sequence[Pair]) -> dict[Path, int]:
    """A number for the person in each picture."""
    leader: dict[Path, Path] = {}

    def find(file: Path) -> Path:
        leader.setdefault(file, file)
        while leader[file] != file:
            leader[file] = file = leader[leader[file]]
        return file

    for pair in pairs:
        first, second = find(pair.first), find(pair.second)
        if pair.same:
            leader[second] = first
    numbers: dict[Path, int] = {}
    return {file: numbers.setdefault(find(file), len(numbers)) for file in list(leader)}


def summary(measured: Verification, scale: Calibration, resamples: int, seed: int) -> dict[str, Any]:
    """All figures, as the command prints them in JSON. Rates are shares, 0-1; None: nothing to measure on."""
    compared = measured.compared
    thresholds = {name: compared.threshold(fmr) for name, fmr in FMRS.items()}
    tars = {name: compared.tar(threshold) for name, threshold in thresholds.items()}
    cosines = [scale.cosine(similarity) for similarity in SIMILARITIES.values()]
    spans = intervals.of_comparisons(compared, list(FMRS.values()), cosines, resamples, seed)
    by_fmr = dict(zip(FMRS, spans.tar_at_fmr, strict=True))
    genuine_refused, impostor_refused = refused_pairs(compared, measured.faces.refused)
    return {
        **measured.counts,
        "refused": int(measured.faces.refused.sum()),
        "people": len(np.unique(compared.people)),
        "genuine": len(compared.genuine),
        "genuine_refused": genuine_refused,
        "impostor": compared.impostor_count,
        "impostor_refused": impostor_refused,
        "tar_at_far": {name: tars[name] for name in TAR_AT},
        "tar_at_similarity": dict(zip(SIMILARITIES, map(compared.tar_at, cosines), strict=True)),
        "fmr_at_similarity": dict(zip(SIMILARITIES, map(compared.fmr, cosines), strict=True)),
        "fnmr_at_fmr": {name: None if tar is None else 1 - tar for name, tar in tars.items()},
        "similarity_at_fmr": {
            name: None if threshold is None else scale.similarity(threshold)
            for name, threshold in thresholds.items()
        },
        "beyond_the_pairs": [name for name, fmr in FMRS.items() if fmr * compared.impostor_count < 1 - 1e-9],
        "genuine_with_missed": measured.genuine_with_missed,
        "tar_at_far_with_missed": {name: _with_missed(tars[name], measured) for name in TAR_AT},
        "error_versus_discard": _error_versus_discard(measured, thresholds),
        "intervals": {
            "tar_at_far": {name: by_fmr[name] for name in TAR_AT},
            "fnmr_at_fmr": {name: found and (1 - found[1], 1 - found[0]) for name, found in by_fmr.items()},
            "tar_at_similarity": dict(zip(SIMILARITIES, spans.tar_at_cosine, strict=True)),
            "fmr_at_similarity": dict(zip(SIMILARITIES, spans.fmr_at_cosine, strict=True)),
        },
    }


def refused_pairs(compared: Comparisons, refused: NDArray[np.bool_]) -> tuple[int, int]:
    """The numbers of genuine and of impostor pairs with a refused face on either side."""
    genuine, impostors = (
        int((refused[pairs.first] | refused[pairs.second]).sum())
        for pairs in (compared.genuine, compared.impostors)
    )
    if compared.all_against_all:
        # Not every impostor pair is kept: those of two faces that are not refused are what is left of all pairs.
        left = len(refused) - int(refused.sum())
        impostors = compared.impostor_count + len(compared.genuine) - genuine - left * (left - 1) // 2
    return genuine, impostors


def _with_missed(tar: float | None, measured: Verification) -> float | None:
    """The TAR when a genuine pair is refused if no face was found in one of its pictures."""
    return None if tar is None else tar * len(measured.compared.genuine) / measured.genuine_with_missed


def _error_versus_discard(
    measured: Verification, thresholds: Mapping[str, float | None]
) -> list[dict[str, object]]:
    """FNMR among the faces that are left when the worst are discarded, at the thresholds of all faces together."""
    faces = len(measured.faces.qualities)
    rank = np.empty(faces, np.int64)
    rank[np.argsort(measured.faces.qualities, kind="stable")] = np.arange(faces)
    genuine = measured.compared.genuine
    worse = np.minimum(rank[genuine.first], rank[genuine.second])
    curve = []
    for share in DISCARDED:
        left = genuine.cosines[worse >= int(share * faces)]
        curve.append(
            {
                "discarded": share,
                "genuine": len(left),
                "fnmr_at_fmr": {
                    name: float(np.mean(left <= threshold)) if threshold is not None and len(left) else None
                    for name, threshold in thresholds.items()
                },
            }
        )
    return curve
