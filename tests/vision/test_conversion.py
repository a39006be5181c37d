"""Embeddings brought from one recipe to another of the same networks are what pictures would have made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from tests.conftest import PEOPLE, OpenPeoplePicture
from visavis.errors import ErrorCode, ServiceError
from visavis.types import Embedding
from visavis.vision.analyzer import Analyzer
from visavis.vision.catalogue import Catalogue
from visavis.vision.conversion import Recipes, answers_of
from visavis.vision.fusion import fused
from visavis.vision.models import (
    FR_FEATURE,
    INSIGHTFACE,
    RECOGNITION_CARDS,
    SFACE,
    SFACE_2,
    SFACE_3,
    SFACE_FR,
    SFACE_FR_2,
    SFACE_FR_3,
    Fit,
    RecognitionCard,
    View,
)
from visavis.vision.models.recipes import Lift
from visavis.vision.recognition import Recognizers
from visavis.vision.store import ModelStore

pytestmark = pytest.mark.slow

EmbedAll = Callable[[RecognitionCard], Embedding]


def fit_of(card: RecognitionCard, share: float, length: int | None = None) -> Fit:
    """One whose mean is another than the card's, yet as people have it; the first numbers of it."""
    return Fit("nobody", ((-1, 0), (1, 100)), tuple(share * value for value in card.mean[:length]))


NEW_SFACE = replace(SFACE, name="sface-new", own_fit=fit_of(SFACE, 0.6))
NEW_FR = replace(SFACE_FR, name="sface-fr-new", own_fit=fit_of(SFACE_FR, 0.6, 256), lift=None)
LIFTED = replace(SFACE_FR, name="sface-fr-lifted", own_fit=fit_of(SFACE_FR, 0.8), lift=Lift(slope=0.1, reach=0.3))
WEIGHED = replace(
    SFACE_FR,
    name="sface-fr-weighed",
    networks=(SFACE_FR.networks[0], replace(SFACE_FR.networks[1], weight=2.0)),
    own_fit=fit_of(SFACE_FR, 0.7),
)
MINE = (NEW_SFACE, NEW_FR, LIFTED, WEIGHED)


def recipes(*line: RecognitionCard) -> Recipes:
    return Recipes({card.name: card for card in line}, line)


@pytest.fixture(scope="module")
def embed_all(analyzer: Analyzer, model_store: ModelStore, openpeople_picture: OpenPeoplePicture) -> EmbedAll:
    """Embeds a good and a poorer picture of each of ten people."""
    catalogue = Catalogue({card.name: card for card in (*RECOGNITION_CARDS, *MINE)}, (), (), {})
    recognizers = Recognizers(model_store, catalogue)
    pictures = [
        openpeople_picture(name, kind) for name in PEOPLE for kind in ("studio_portrait", "amateur_posture")
    ]

    def embedded(card: RecognitionCard) -> Embedding:
        if any(file.optional and not model_store.path(file).exists() for file in card.files):
            pytest.skip("an optional network is not installed")
        rows = []
        for data in pictures:
            with analyzer.decode(data) as picture:
                [face, *_] = analyzer.find(picture)
                rows.append(recognizers.load(card.name).embed(picture, [face])[0])
        return np.stack(rows)

    return embedded


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (SFACE, SFACE_2),
        (SFACE_FR, SFACE_FR_2),
        (SFACE, SFACE_3),
        (SFACE_2, SFACE_3),
        (SFACE_FR, SFACE_FR_3),
        (SFACE_FR_2, SFACE_FR_3),
        (SFACE, NEW_SFACE),
        (NEW_SFACE, SFACE),
        (SFACE_FR, NEW_FR),
        (SFACE_FR, LIFTED),
        (SFACE_FR, WEIGHED),
        (WEIGHED, NEW_FR),
    ],
    ids=lambda card: card.name,
)
def test_a_converted_embedding_is_what_the_picture_would_have_made(
    embed_all: EmbedAll, old: RecognitionCard, new: RecognitionCard
) -> None:
    before, wanted = embed_all(old), embed_all(new)
    moved = recipes(new, old).conversion(old.name, new.name)(before)
    assert moved.dtype == np.float32
    assert np.linalg.norm(moved, axis=1) == pytest.approx(1.0)
    assert (moved * wanted).sum(axis=1).min() > 0.9999


def test_the_answers_of_a_network_that_is_not_shortened_come_back_to_the_last_bits(embed_all: EmbedAll) -> None:
    embeddings = embed_all(SFACE)
    answers = answers_of(SFACE, embeddings)
    assert np.linalg.norm(answers, axis=1) == pytest.approx(1.0)
    assert fused(SFACE, answers) == pytest.approx(embeddings, abs=1e-6)


def test_how_weak_answers_were_comes_back_and_how_strong_as_far_as_it_counted() -> None:
    rows = np.random.default_rng(0).standard_normal((50, 256)).astype(np.float32)
    parts = [part / np.linalg.norm(part, axis=1, keepdims=True) for part in np.split(rows, 2, axis=1)]
    strengths = SFACE_FR.mean[-1] + np.linspace(-1, 1, 50, dtype=np.float32)[:, np.newaxis]
    answers = np.hstack([*parts, strengths])
    back = answers_of(SFACE_FR, fused(SFACE_FR, answers))
    reach = SFACE_FR.mean[-1] + 0.5
    assert back[:, :-1] == pytest.approx(answers[:, :-1], abs=1e-5)
    assert back[:, -1:] == pytest.approx(strengths.clip(max=reach), abs=1e-4)


def test_nothing_is_converted_to_nothing() -> None:
    assert recipes(NEW_SFACE, SFACE).conversion(SFACE.name, NEW_SFACE.name)(
        np.empty((0, 128), np.float32)
    ).shape == (0, 128)


OTHER_VIEWS = replace(
    NEW_SFACE,
    name="mirrored",
    networks=(replace(SFACE.networks[0], views=(View(), View(mirrored=True))),),
)
OTHER_ORDER = replace(NEW_FR, name="turned-round", networks=SFACE_FR.networks[::-1])
FAR_MEAN = replace(NEW_SFACE, name="far", own_fit=Fit("nobody", (), (0.1,) * 128))
[MBF] = INSIGHTFACE.cards


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (SFACE, SFACE_FR, "do not use the same networks"),
        (SFACE_FR, SFACE, "do not use the same networks"),
        (SFACE, MBF, "do not use the same networks"),
        (SFACE, OTHER_VIEWS, "do not use the same networks"),
        (NEW_FR, OTHER_ORDER, "do not use the same networks"),
        (NEW_FR, SFACE_FR, "do not record how strong the networks' output was"),
        (LIFTED, SFACE_FR, "do not record how strong the networks' output was"),
        (FAR_MEAN, SFACE, "cannot be turned back into the networks' output"),
    ],
    ids=lambda part: part if isinstance(part, str) else part.name,
)
def test_what_only_pictures_lead_to_is_refused_with_the_reason(
    old: RecognitionCard, new: RecognitionCard, reason: str
) -> None:
    with pytest.raises(ServiceError, match=reason) as refused:
        recipes(new, old).conversion(old.name, new.name)
    assert refused.value.code is ErrorCode.INVALID_PARAMETER
    assert refused.value.detail.startswith((old.name, f"Embeddings of {old.name}"))


def test_a_model_that_is_not_there_is_named() -> None:
    with pytest.raises(ServiceError, match="There is no recognition model gone, only: sface-2021dec"):
        recipes(SFACE).conversion(SFACE.name, "gone")
    with pytest.raises(ServiceError, match="There is no recognition model gone, only: sface-2021dec"):
        recipes(SFACE).conversion("gone", SFACE.name)


def test_a_network_is_known_by_its_file_and_not_by_its_name() -> None:
    network = SFACE.networks[0]
    pack = replace(NEW_SFACE, networks=(replace(network, model=replace(network.model, name="pack/face.onnx")),))
    recipes(pack, SFACE).conversion(SFACE.name, pack.name)
    other = replace(NEW_SFACE, networks=(replace(network, model=replace(FR_FEATURE, name="sface")),))
    with pytest.raises(ServiceError, match="do not use the same networks"):
        recipes(other, SFACE).conversion(SFACE.name, other.name)


def test_the_newest_recipe_of_the_same_networks_is_the_newer_one() -> None:
    newest = replace(NEW_SFACE, name="sface-newest")
    line = recipes(NEW_FR, newest, NEW_SFACE, SFACE_FR, SFACE)
    assert line.newer_of(SFACE.name) == newest.name
    assert line.newer_of(NEW_SFACE.name) == newest.name
    assert line.newer_of(SFACE_FR.name) == NEW_FR.name
    assert line.newer_of(newest.name) is None
    assert line.newer_of(NEW_FR.name) is None
    assert line.newer_of("a pack of one's own") is None


def test_a_newer_recipe_that_nothing_leads_to_is_none() -> None:
    assert recipes(SFACE_FR, NEW_FR).newer_of(NEW_FR.name) is None
