"""Converts embeddings from one recipe to another of the same networks, without pictures (docs/decisions/0042)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial

import numpy as np
from numpy.typing import NDArray

from visavis.errors import ErrorCode, ServiceError
from visavis.types import Embedding
from visavis.vision.fusion import fused, with_marks
from visavis.vision.models import RECOGNITION_CARDS, FaceNetwork, RecognitionCard

_Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Recipes:
    """Implements core's `Recipes`, and knows what leads from one recipe to another of the same networks."""

    cards: Mapping[str, RecognitionCard]
    """The recognition models that may be used, by name."""
    line: Sequence[RecognitionCard] = RECOGNITION_CARDS
    """Recognition models in order: of those with the same networks, the newest comes first."""

    def newer_of(self, model: str) -> str | None:
        names = [card.name for card in self.line]
        if model not in names:
            return None
        newer = self.line[: names.index(model)]
        return next((card.name for card in newer if obstacle(self.cards[model], card) is None), None)

    def conversion(self, old: str, new: str) -> Callable[[Embedding], Embedding]:
        """What makes embeddings of one recipe, shape (n, d), those of the other, in the same order.

        Raises INVALID_PARAMETER, with the reason, where nothing does.
        """
        before, after = self._require(old), self._require(new)
        reason = obstacle(before, after)
        if reason is not None:
            raise ServiceError(ErrorCode.INVALID_PARAMETER, reason)
        return partial(converted, before, after)

    def _require(self, name: str) -> RecognitionCard:
        card = self.cards.get(name)
        if card is None:
            detail = f"There is no recognition model {name}, only: {', '.join(self.cards)}."
            raise ServiceError(ErrorCode.INVALID_PARAMETER, detail)
        return card


def obstacle(old: RecognitionCard, new: RecognitionCard) -> str | None:
    """Why embeddings of one recipe cannot be converted to the other, in a sentence; None if they can."""
    if _fed(old) != _fed(new):
        return (
            f"{old.name} and {new.name} do not use the same networks with the same input: "
            "moving between them needs the pictures."
        )
    if _only_without_masks(old, new):
        return None
    if _strongest(old) < _strongest(new):
        return (
            f"Embeddings of {old.name} do not record how strong the networks' output was, which {new.name} needs."
        )
    if not _invertible(old):
        return f"Embeddings of {old.name} cannot be turned back into the networks' output."
    return None


def converted(old: RecognitionCard, new: RecognitionCard, embeddings: Embedding) -> Embedding:
    """Embeddings of one recipe, shape (n, d), as the other would have made them of the same pictures.

    Only for recipes between which there is no `obstacle`. The answers of a network are got back exactly, but for
    one whose answers are shortened: those are taken to have kept all of their length, which they nearly have.
    """
    if _only_without_masks(old, new):
        return with_marks(embeddings, np.zeros(len(embeddings), bool))
    answers = answers_of(old, embeddings)
    answers = answers[:, : len(new.mean)]
    # An embedding does not show how poor the picture was, nor whether the face is masked: it counts as a good
    # picture of a bare face.
    unknown = (new.allowance > 0) + (new.masks is not None)
    return fused(new, np.hstack([answers, np.zeros((len(answers), unknown), np.float32)]))


def answers_of(card: RecognitionCard, embeddings: Embedding) -> Embedding:
    """The network outputs, shape (n, d), from which the recipe made these embeddings: the inverse of `fused`.

    The strength of a face that was strong enough to gain nothing by a lift comes back as the least such strength.
    """
    ends = np.cumsum([network.dimension for network in card.networks])
    *parts, lifted = np.split(embeddings.astype(np.float64), ends, axis=1)
    *means, strength = np.split(np.asarray(card.mean, np.float64), ends)
    blocks = [_before_centring(part, mean) for part, mean in zip(parts, means, strict=True)]
    if card.lift is not None:
        # The parts have unit length together, so their present length shows what everything was divided by.
        weakness = lifted / np.sqrt(1 - lifted**2) / np.sqrt(card.lift.slope / card.lift.reach)
        blocks.append(strength + card.lift.reach - weakness)
    return np.hstack(blocks).astype(np.float32)


def _before_centring(centred: _Numbers, mean: _Numbers) -> _Numbers:
    """The unit vectors a of which a - mean points where these do: the mean lies within the unit sphere."""
    ahead = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    along = (ahead @ mean)[:, np.newaxis]
    return np.asarray(mean + (np.sqrt(along**2 + 1 - mean @ mean) - along) * ahead)


def _fed(card: RecognitionCard) -> tuple[object, ...]:
    """All on which the networks' answers depend: which they are and in what order, and what they are fed with."""
    landmarks = card.landmarks and card.landmarks.sha256
    return (landmarks, *map(_fed_network, card.networks))


def _fed_network(network: FaceNetwork) -> tuple[object, ...]:
    """Its file by content, which a pack may have under another name, and all else but how much it counts."""
    values = {field.name: getattr(network, field.name) for field in fields(network)}
    return network.model.sha256, *(values[name] for name in sorted(values.keys() - {"model", "weight"}))


def _only_without_masks(old: RecognitionCard, new: RecognitionCard) -> bool:
    """Whether the recipes differ in nothing but that the new one tells masked faces apart."""
    return old.masks is None and new.masks is not None and old.name == new.masks.fitted and new.own_fit is None


def _strongest(card: RecognitionCard) -> float:
    """The largest strength of the outputs that can be recovered from an embedding."""
    return -math.inf if card.lift is None else card.mean[-1] + card.lift.reach


def _invertible(card: RecognitionCard) -> bool:
    """Whether an embedding determines the network output: every mean is shorter than 1, and there are no centres.

    What local centring subtracts depends on the embedding itself, and cannot be recovered afterwards.
    """
    if card.fit.centring is not None:
        return False
    ends = np.cumsum([network.dimension for network in card.networks])
    means = np.split(np.asarray(card.mean, np.float64), ends)[:-1]
    return all(float(mean @ mean) < 1 for mean in means)
