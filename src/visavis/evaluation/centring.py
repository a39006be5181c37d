"""Fits what a recipe subtracts from embeddings: the mean, and the centres of local centring.

The pool has one vector a person, so that nobody counts twice, and poor versions of some of its pictures. Centres
of the clean faces are found by k-means; each kind of poor picture gets a few of its own (docs/decisions/0040). A
centre is the mean of at least `FEWEST_IN_A_CENTRE` people, so that none describes a single person.

Centres fit the people that they are made of better than others, and separate them better. A scale must
therefore be fitted on people whom the centres have not seen, which `unseen_impostors` arranges.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.errors import SetupError
from visavis.types import Embedding
from visavis.vision.fusion import as_probe, fused
from visavis.vision.models import Centring, Fit, RecognitionCard

FEWEST_IN_A_CENTRE = 8
FEWEST_PEOPLE = 200
"""With fewer people, the centres would fit these people and not others."""
_MOST_CENTRES, _PEOPLE_A_CENTRE = 72, 24
_CENTRES_A_POOR_KIND = 8
_PULL, _FOCUS = 0.9, 15.0
_FOLDS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """The data that a recipe is fitted on: outputs of its networks (`Embedder.answers`), shape (n, d) each."""

    clean: Embedding
    """One for each person."""
    groups: NDArray[np.int64]
    """Which group each of these people belongs to, shape (n,); all groups weigh alike in the mean.

    -1: none, and does not count in the mean.
    """
    poor: Mapping[str, Embedding]
    """Outputs for pictures that were made worse, by the kind of defect."""
    poor_people: Mapping[str, NDArray[np.int64]]
    """The person of each of `poor`: a row number of `clean`, or -1 for somebody else."""

    def without(self, people: NDArray[np.bool_]) -> Pool:
        """The pool without these people, shape (n,), and without their poor pictures."""
        others = {kind: (rows < 0) | ~people[rows] for kind, rows in self.poor_people.items()}
        number = np.where(people, -1, np.cumsum(~people) - 1)
        return Pool(
            self.clean[~people],
            self.groups[~people],
            {kind: answers[others[kind]] for kind, answers in self.poor.items()},
            {kind: np.where(rows < 0, -1, number[rows])[others[kind]] for kind, rows in self.poor_people.items()},
        )


def fit_centring(card: RecognitionCard, pool: Pool, set_of_faces: str) -> RecognitionCard:
    """The card with the mean and the centres of a pool, and without a scale. Raises SetupError if it is small."""
    if len(pool.clean) < FEWEST_PEOPLE:
        raise SetupError(f"{len(pool.clean):,} people are too few for centres: it takes {FEWEST_PEOPLE:,}.")
    groups = np.unique(pool.groups[pool.groups >= 0])
    vectors = pool.clean[:, : sum(network.dimension for network in card.networks)]
    of_groups = np.stack([vectors[pool.groups == group].mean(axis=0) for group in groups])
    mean = tuple(round(float(value), 6) for value in of_groups.mean(axis=0))
    uncentred = replace(card, allowance=0.0, masks=None, own_fit=Fit(set_of_faces, (), mean))
    count = min(_MOST_CENTRES, len(pool.clean) // _PEOPLE_A_CENTRE)
    centres = [
        _centres(fused(uncentred, pool.clean), count),
        *(
            _centres(fused(uncentred, answers), _CENTRES_A_POOR_KIND)
            for answers in pool.poor.values()
            if len(answers) >= _CENTRES_A_POOR_KIND * FEWEST_IN_A_CENTRE
        ),
    ]
    rounded = np.concatenate(centres).astype(np.float16).astype(np.float32)
    centring = Centring(rounded, _PULL, _FOCUS)
    return replace(card, own_fit=Fit(set_of_faces, (), mean, centring))


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """Pictures of the people of a pool, one or more for each person."""

    answers: Embedding
    """Shape (m, d)."""
    people: NDArray[np.int64]
    """The person in each picture, shape (m,): row numbers of the pool's `clean`."""


def unseen_impostors(
    card: RecognitionCard, pool: Pool, groups: Sequence[NDArray[np.int64]], pictures: Pictures | None = None
) -> list[NDArray[np.float32]]:
    """The cosines of all pairs of two people within each group, in centres that were made without either of them.

    `groups`: row numbers of `pictures`; without those, of the pool's `clean`. The pool is cut into folds; for each
    two folds the centres are fitted on all the others.
    """
    shown = pictures or Pictures(pool.clean, np.arange(len(pool.clean)))
    fold_of_person = np.random.default_rng(0).permutation(len(pool.clean)) % _FOLDS
    fold = fold_of_person[shown.people]
    found: list[list[NDArray[np.float32]]] = [[] for _ in groups]
    for one in range(_FOLDS):
        for other in range(one, _FOLDS):
            apart = (fold_of_person == one) | (fold_of_person == other)
            fitted = fit_centring(card, pool.without(apart), "folds")
            embeddings = fused(fitted, shown.answers)
            for group, cosines in zip(groups, found, strict=True):
                first, second = group[fold[group] == one], group[fold[group] == other]
                between = as_probe(card, embeddings[first]) @ embeddings[second].T
                strangers = shown.people[first][:, np.newaxis] != shown.people[second]
                cosines.append(between[np.triu(strangers, 1) if one == other else strangers])
    return [np.concatenate(cosines) for cosines in found]


def _centres(embeddings: Embedding, count: int) -> NDArray[np.float32]:
    """The means of the clusters that embeddings (n, d) fall into, shape (at most `count`, d)."""
    cv2.setRNGSeed(0)
    criteria = (cv2.TERM_CRITERIA_MAX_ITER | cv2.TERM_CRITERIA_EPS, 60, 1e-4)
    nobody = np.empty((0,), np.int32)
    _, labels, _ = cv2.kmeans(embeddings, count, nobody, criteria, 3, cv2.KMEANS_PP_CENTERS)
    sizes = np.bincount(labels[:, 0], minlength=count)
    large = np.flatnonzero(sizes >= FEWEST_IN_A_CENTRE)
    return np.stack([embeddings[labels[:, 0] == cluster].mean(axis=0) for cluster in large])
