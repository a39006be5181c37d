"""Combines outputs of networks into embeddings, by the fit of a recognition card. Uses no pixels."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from visavis.types import Embedding
from visavis.vision.models import RecognitionCard
from visavis.vision.models.recipes import unit


def fused(card: RecognitionCard, answers: Embedding) -> Embedding:
    """The embeddings, shape (n, d), that networks' answers, shape (n, d), make by the fit of a card.

    What all faces have in common distinguishes nobody, so it is subtracted (docs/decisions/0011); then what faces
    of one kind have in common (docs/decisions/0040).
    """
    centred = answers[:, : len(card.mean)] - np.asarray(card.mean, np.float32)
    ends = np.cumsum([network.dimension for network in card.networks])
    *vectors, strength = np.split(centred, ends, axis=1)
    parts = [np.float32(share) * unit(part) for share, part in zip(card.shares, vectors, strict=True)]
    centring = card.fit.centring
    if card.lift is None:
        side_by_side = np.hstack(parts)
        local = side_by_side if centring is None else centring.applied(side_by_side)
        return local if not card.allowance else _with_poorness(local, answers[:, -1:], card.allowance)
    weakness = (np.float32(card.lift.reach) - strength).clip(0)
    return unit(np.hstack([*parts, np.float32(math.sqrt(card.lift.slope / card.lift.reach)) * weakness]))


def as_probe(card: RecognitionCard, embeddings: Embedding) -> Embedding:
    """Embeddings, shape (..., d), as faces that are asked about: what stored ones are multiplied with.

    Faces that are asked about and stored ones may change places: the cosine of both stays as it is.
    """
    if not card.allowance:
        return embeddings
    probes = embeddings.copy()
    probes[..., -1] *= -1
    return probes


def _with_poorness(embeddings: Embedding, poor: NDArray[np.float32], allowance: float) -> Embedding:
    return unit(np.hstack([embeddings, np.float32(math.sqrt(2 * allowance)) * (poor - np.float32(0.5))]))
