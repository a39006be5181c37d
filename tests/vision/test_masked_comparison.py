"""Masked faces are compared on scales of their own: a mask makes no two strangers alike."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from tests.conftest import PEOPLE, OpenPeoplePicture
from tests.vision.pictures import resized
from tests.vision.scenes import picture_of, the_face
from tests.vision.test_mask import masked
from visavis.core.calibration import Calibration
from visavis.types import Embedding
from visavis.vision.analyzer import Analyzer
from visavis.vision.fusion import as_probe, with_marks
from visavis.vision.models import (
    RECOGNITION_CARDS,
    SFACE_2,
    SFACE_3,
    SFACE_FR_2,
    SFACE_FR_3,
    RecognitionCard,
)
from visavis.vision.models.recipes import MARK
from visavis.vision.store import ModelStore

pytestmark = pytest.mark.slow

MATCH = 90.0
TOLD_APART = [card for card in RECOGNITION_CARDS if card.masks is not None]
NAMES = PEOPLE[:5]
BEFORE = {SFACE_FR_3.name: SFACE_FR_2, SFACE_3.name: SFACE_2}

Seen = dict[tuple[str, bool], Embedding]
"""By name, and whether a mask was drawn."""


@pytest.fixture(params=TOLD_APART, ids=lambda card: card.name)
def card(request: pytest.FixtureRequest, model_store: ModelStore) -> RecognitionCard:
    chosen: RecognitionCard = request.param
    if any(file.optional and not model_store.path(file).exists() for file in chosen.files):
        pytest.skip("an optional network is not installed")
    return chosen


def seen(analyzer: Analyzer, picture: OpenPeoplePicture, kind: str, model: str) -> Seen:
    found: Seen = {}
    for name in NAMES:
        rgb = resized(picture(name, kind), 768, 768)
        face = the_face(analyzer, rgb)
        worn = masked(rgb, face)
        found[name, False] = analyzer.embed(picture_of(rgb), [face], model)[0]
        found[name, True] = analyzer.embed(picture_of(worn), [the_face(analyzer, worn)], model)[0]
    return found


def test_people_are_recognised_with_a_mask_and_masked_strangers_are_not(
    card: RecognitionCard, analyzer: Analyzer, openpeople_picture: OpenPeoplePicture
) -> None:
    scale = Calibration.from_table(card.similarity_table)
    asked = seen(analyzer, openpeople_picture, "amateur_selfie", card.name)
    stored = seen(analyzer, openpeople_picture, "studio_portrait", card.name)
    for (one, _), (other, covered) in product(asked, stored):
        alike = scale.similarity(float(as_probe(card, asked[one, True]) @ stored[other, covered]))
        if one != other:
            assert alike < MATCH
        elif not covered:
            assert alike >= MATCH


def test_bare_faces_are_as_similar_as_they_were(
    card: RecognitionCard, analyzer: Analyzer, openpeople_picture: OpenPeoplePicture
) -> None:
    similarities = []
    for each in (card, BEFORE[card.name]):
        scale = Calibration.from_table(each.similarity_table)
        faces = seen(analyzer, openpeople_picture, "studio_portrait", each.name)
        bare = np.stack([faces[name, False] for name in NAMES])
        cosines = (as_probe(each, bare) @ bare.T).ravel()
        similarities.append([scale.similarity(float(cosine)) for cosine in cosines])
    assert similarities[0] == pytest.approx(similarities[1], abs=0.1)


def test_each_kind_of_pair_gains_what_the_card_says_whichever_is_asked_about(card: RecognitionCard) -> None:
    assert card.masks is not None
    length = sum(network.dimension for network in card.networks)
    rows = np.random.default_rng(0).standard_normal((2, length + 1)).astype(np.float32)
    rows[:, -1] = 0
    rows[:, :-1] /= np.linalg.norm(rows[:, :-1], axis=1, keepdims=True)
    bare, covered = (with_marks(rows, np.full(2, worn)) for worn in (False, True))
    squared = 1 + 2 * MARK**2
    plain = float(rows[0] @ rows[1])
    for one, other, gain in (
        (bare, bare, 0.0),
        (bare, covered, card.masks.masked_bare),
        (covered, bare, card.masks.masked_bare),
        (covered, covered, card.masks.masked_masked),
    ):
        cosine = float(as_probe(card, one[0]) @ other[1])
        assert cosine * squared == pytest.approx(plain + gain, abs=1e-5)
        assert np.linalg.norm(one, axis=1) == pytest.approx(1.0)
