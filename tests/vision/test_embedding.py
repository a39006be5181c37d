from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from tests.conftest import PEOPLE, OpenPeoplePicture
from visavis.errors import ErrorCode, ServiceError
from visavis.types import Embedding
from visavis.vision.analyzer import Analyzer
from visavis.vision.catalogue import best_installed
from visavis.vision.models import RECOGNITION_CARDS, SFACE, SFACE_3, SFACE_FR, SFACE_FR_3, RecognitionCard
from visavis.vision.store import ModelStore

pytestmark = pytest.mark.slow

OTHER_PICTURES = ("studio_posture", "amateur_selfie", "amateur_posture", "character_sheet", "emotions_sheet")


@pytest.fixture(scope="module", params=RECOGNITION_CARDS, ids=lambda card: card.name)
def card(request: pytest.FixtureRequest, model_store: ModelStore) -> RecognitionCard:
    chosen: RecognitionCard = request.param
    for file in chosen.files:
        if file.optional and not model_store.path(file).exists():
            pytest.skip(f"{file.name} is not installed")
    return chosen


@pytest.fixture(scope="module")
def portraits(analyzer: Analyzer, openpeople_picture: OpenPeoplePicture, card: RecognitionCard) -> Embedding:
    return np.stack([embedding(analyzer, openpeople_picture(name, "studio_portrait"), card) for name in PEOPLE])


def embedding(analyzer: Analyzer, data: bytes, card: RecognitionCard) -> Embedding:
    """Of the largest face."""
    with analyzer.decode(data) as picture:
        return analyzer.embed(picture, analyzer.find(picture)[:1], card.name).reshape(-1)


def probe(analyzer: Analyzer, data: bytes, card: RecognitionCard) -> Embedding:
    """Of the largest face, as one that is asked about."""
    return analyzer.as_probe(embedding(analyzer, data, card), card.name)


def cosine_at(similarity: float, card: RecognitionCard) -> float:
    cosines, similarities = zip(*card.similarity_table, strict=True)
    return float(np.interp(similarity, similarities, cosines))


def blurred(data: bytes, spread: float) -> bytes:
    picture = BytesIO()
    Image.open(BytesIO(data)).filter(ImageFilter.GaussianBlur(spread)).save(picture, "PNG")
    return picture.getvalue()


def mirrored(data: bytes) -> bytes:
    picture = BytesIO()
    Image.open(BytesIO(data)).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(picture, "PNG")
    return picture.getvalue()


@pytest.mark.parametrize("kind", OTHER_PICTURES)
def test_every_other_picture_finds_its_portrait_first(
    analyzer: Analyzer,
    openpeople_picture: OpenPeoplePicture,
    portraits: Embedding,
    card: RecognitionCard,
    kind: str,
) -> None:
    for index, name in enumerate(PEOPLE):
        cosines = portraits @ probe(analyzer, openpeople_picture(name, kind), card)
        assert cosines.argmax() == index
        assert cosines[index] > cosine_at(90, card)


def test_a_stranger_stays_below_the_threshold(
    analyzer: Analyzer, stranger: bytes, portraits: Embedding, card: RecognitionCard
) -> None:
    assert (portraits @ probe(analyzer, stranger, card)).max() < cosine_at(90, card)


def test_embeddings_are_unit_vectors(portraits: Embedding, card: RecognitionCard) -> None:
    assert portraits.shape == (len(PEOPLE), card.dimension)
    assert portraits.dtype == np.float32
    assert np.linalg.norm(portraits, axis=1) == pytest.approx(1, abs=1e-5)


def test_every_network_has_its_share_of_an_embedding(portraits: Embedding, card: RecognitionCard) -> None:
    if card.fit.centring is not None:
        pytest.skip("local centring takes from all parts at once")
    ends = np.cumsum([network.dimension for network in card.networks])
    *parts, lift = np.split(portraits, ends, axis=1)
    left = np.sqrt(1 - (lift**2).sum(axis=1))
    for part, share in zip(parts, card.shares, strict=True):
        assert np.linalg.norm(part, axis=1) == pytest.approx(share * left, abs=1e-5)


def test_the_weaker_a_face_is_seen_the_more_it_is_lifted(
    analyzer: Analyzer, openpeople_picture: OpenPeoplePicture, card: RecognitionCard
) -> None:
    if card.lift is None:
        pytest.skip("This recipe has no lift")
    sharp = openpeople_picture("P003", "studio_portrait")
    lifts = [float(embedding(analyzer, blurred(sharp, spread), card)[-1]) for spread in (0, 10, 20, 30)]
    assert lifts == sorted(lifts)
    assert lifts[-1] > lifts[0] + 0.02


def test_what_shortens_an_answer_keeps_lengths_and_angles(card: RecognitionCard) -> None:
    for network in card.networks:
        if network.answers is not None:
            assert network.directions.shape == (network.answers, network.dimension)
            products = network.directions.T @ network.directions
            assert products == pytest.approx(np.eye(network.dimension), abs=1e-3)


def test_a_batch_equals_its_faces_one_by_one(
    analyzer: Analyzer, openpeople_picture: OpenPeoplePicture, card: RecognitionCard
) -> None:
    with analyzer.decode(openpeople_picture("P002", "emotions_sheet")) as picture:
        faces = analyzer.find(picture)
        together = analyzer.embed(picture, faces, card.name)
        alone = np.vstack([analyzer.embed(picture, [face], card.name) for face in faces])
    assert together == pytest.approx(alone, abs=1e-5)


def test_a_mirrored_picture_matters_less_to_a_model_that_looks_at_mirror_images(
    analyzer: Analyzer, stranger: bytes, model_store: ModelStore
) -> None:
    def likeness(card: RecognitionCard) -> float:
        return float(embedding(analyzer, stranger, card) @ embedding(analyzer, mirrored(stranger), card))

    if not all(model_store.path(file).exists() for file in SFACE_FR.files):
        pytest.skip("fr-feature is not installed")
    assert likeness(SFACE_FR) > likeness(SFACE)
    assert likeness(SFACE_FR) > 0.98


def test_no_faces_have_no_embeddings(analyzer: Analyzer, stranger: bytes, card: RecognitionCard) -> None:
    with analyzer.decode(stranger) as picture:
        assert analyzer.embed(picture, [], card.name).shape == (0, card.dimension)


def test_an_unknown_model_is_an_internal_error(analyzer: Analyzer, stranger: bytes) -> None:
    with analyzer.decode(stranger) as picture, pytest.raises(ServiceError) as refusal:
        analyzer.embed(picture, analyzer.find(picture), "another-model")
    assert refusal.value.code is ErrorCode.INTERNAL


def test_the_similarity_table_rises_from_end_to_end(card: RecognitionCard) -> None:
    cosines, similarities = np.array(card.similarity_table).T
    assert (np.diff(cosines) > 0).all()
    assert (np.diff(similarities) > 0).all()
    assert cosines[0] == -1
    assert cosines[-1] == pytest.approx(card.most_alike, abs=1e-4)
    assert (similarities[0], similarities[-1]) == (0, 100)


def test_there_is_a_mean_for_every_number_of_an_embedding(card: RecognitionCard) -> None:
    assert len(card.mean) == card.dimension - (card.allowance > 0) - 2 * (card.masks is not None)


def test_the_default_needs_no_optional_file(tmp_path: Path) -> None:
    assert best_installed(tmp_path) is SFACE_3


def test_the_default_is_the_best_model_whose_files_are_there(tmp_path: Path) -> None:
    for file in SFACE_FR.files:
        (tmp_path / file.file).touch()
    assert best_installed(tmp_path) is SFACE_FR_3
