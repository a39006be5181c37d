"""Two recipes of one network whose embeddings of a face are far apart, and one of another network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from harness.storage.faces import new_face, unit_rows
from visavis.types import Embedding, NewFace
from visavis.vision.conversion import Recipes
from visavis.vision.fusion import fused
from visavis.vision.models import SFACE, Fit, RecognitionCard, View

WIDTH = 128
_KNOTS = ((-1.0, 0.0), (1.0, 100.0))


def _card(name: str, towards: int) -> RecognitionCard:
    mean = np.zeros(WIDTH)
    mean[towards] = 0.9
    return replace(SFACE, name=name, own_fit=Fit("nobody", _KNOTS, tuple(mean.tolist())))


OLD, NEW = _card("old", 0), _card("new", 1)
_VIEWS = (View(), View(mirrored=True))
OTHER = replace(NEW, name="other", networks=(replace(SFACE.networks[0], views=_VIEWS),))

CONVERSIONS = Recipes({card.name: card for card in (NEW, OLD, OTHER)}).conversion


def embedded(card: RecognitionCard, count: int, seed: int = 0) -> Embedding:
    """The embeddings of the same made-up faces by any recipe, shape (count, 128)."""
    return fused(card, unit_rows(count, WIDTH, seed))


def faces_by(card: RecognitionCard, count: int, seed: int = 0) -> list[NewFace]:
    """Made-up faces whose ids tell seed and number."""
    rows = enumerate(embedded(card, count, seed))
    return [new_face(row, f"face-{seed}-{number}", external_image_id=f"p{number}") for number, row in rows]
