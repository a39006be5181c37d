"""Combines outputs of networks into embeddings, by the fit of a recognition card. Uses no pixels."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from visavis.types import Embedding
from visavis.vision.models import Masks, RecognitionCard
from visavis.vision.models.recipes import MARK, unit


def fused(card: RecognitionCard, answers: Embedding) -> Embedding:
    """The embeddings, shape (n, d), that networks' answers, shape (n, d), make by the fit of a card.

    What all faces have in common distinguishes nobody, so it is subtracted (docs/decisions/0011); then what faces
    of one kind have in common (docs/decisions/0040). Answers for masked faces are brought near to those of the
    bare face before (docs/decisions/0069).
    """
    if card.masks is not None:
        without = fused(replace(card, masks=None, own_fit=card.fit), _unmasked(card.masks, answers))
        return with_marks(without, answers[:, -1] >= 0.5)
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
    poorness = -1 if card.masks is None else -3
    probes[..., poorness] *= -1
    if card.masks is not None:
        probes[..., -2:] @= _gains(card.masks)
    return probes


def with_marks(embeddings: Embedding, masked: NDArray[np.bool_]) -> Embedding:
    """Embeddings, shape (n, d), with the two numbers that say which of the faces are masked: shape (n, d + 2).

    What the embeddings hold besides the poorness, their last number, has unit length before the marks are added.
    """
    length = np.linalg.norm(embeddings[:, :-1], axis=1, keepdims=True)
    marks = np.column_stack([np.ones(len(masked)), np.where(masked, 1, -1)]) * MARK
    return unit(np.hstack([embeddings / length, marks]).astype(np.float32))


def _unmasked(masks: Masks, answers: Embedding) -> Embedding:
    """The answers, shape (n, d + 2), without the mark of a mask: shape (n, d + 1)."""
    unmasking = masks.unmasking
    vectors, masked = answers[:, : len(unmasking) - 1], answers[:, -1:] >= 0.5
    if not masked.any():
        return answers[:, :-1]
    bare = np.where(masked, vectors @ unmasking[:-1] + unmasking[-1], vectors)
    return np.hstack([bare, answers[:, len(unmasking) - 1 : -1]]).astype(np.float32)


def _gains(masks: Masks) -> NDArray[np.float32]:
    """What turns the marks of a stored face into those of one that is asked about: shape (2, 2), symmetric.

    The product of both is nothing for two bare faces, and what `masks` says for the others.
    """
    both, one = masks.masked_masked / 4, masks.masked_bare / 2
    return np.array([[both + one, both], [both, both - one]], np.float32) / np.float32(MARK**2)


def _with_poorness(embeddings: Embedding, poor: NDArray[np.float32], allowance: float) -> Embedding:
    return unit(np.hstack([embeddings, np.float32(math.sqrt(2 * allowance)) * (poor - np.float32(0.5))]))
