from __future__ import annotations

import numpy as np
import pytest

from tests.conftest import PEOPLE, OpenPeoplePicture
from visavis.errors import ErrorCode, FaceError
from visavis.types import Embedding
from visavis.vision.analyzer import Analyzer
from visavis.vision.models import SFACE

OTHER_PICTURES = ("studio_posture", "amateur_selfie", "amateur_posture", "character_sheet", "emotions_sheet")


def embedding(analyzer: Analyzer, data: bytes) -> Embedding:
    """Of the largest face."""
    with analyzer.decode(data) as picture:
        return analyzer.embed(picture, analyzer.find(picture)[:1], SFACE.name).reshape(-1)


@pytest.fixture(scope="module")
def portraits(analyzer: Analyzer, openpeople_picture: OpenPeoplePicture) -> Embedding:
    return np.stack([embedding(analyzer, openpeople_picture(name, "studio_portrait")) for name in PEOPLE])


def cosine_at(similarity: float) -> float:
    cosines, similarities = zip(*SFACE.similarity_table, strict=True)
    return float(np.interp(similarity, similarities, cosines))


@pytest.mark.parametrize("kind", OTHER_PICTURES)
def test_every_other_picture_finds_its_portrait_first(
    analyzer: Analyzer, openpeople_picture: OpenPeoplePicture, portraits: Embedding, kind: str
) -> None:
    for index, name in enumerate(PEOPLE):
        cosines = portraits @ embedding(analyzer, openpeople_picture(name, kind))
        assert cosines.argmax() == index
        assert cosines[index] > cosine_at(90)


def test_a_stranger_stays_below_the_threshold(analyzer: Analyzer, stranger: bytes, portraits: Embedding) -> None:
    assert (portraits @ embedding(analyzer, stranger)).max() < cosine_at(90)


def test_embeddings_are_unit_vectors(portraits: Embedding) -> None:
    assert portraits.shape == (len(PEOPLE), SFACE.dimension)
    assert portraits.dtype == np.float32
    assert np.linalg.norm(portraits, axis=1) == pytest.approx(1, abs=1e-5)


def test_a_batch_equals_its_faces_one_by_one(analyzer: Analyzer, openpeople_picture: OpenPeoplePicture) -> None:
    with analyzer.decode(openpeople_picture("P002", "emotions_sheet")) as picture:
        faces = analyzer.find(picture)
        together = analyzer.embed(picture, faces, SFACE.name)
        alone = np.vstack([analyzer.embed(picture, [face], SFACE.name) for face in faces])
    assert together == pytest.approx(alone, abs=1e-5)


def test_no_faces_have_no_embeddings(analyzer: Analyzer, stranger: bytes) -> None:
    with analyzer.decode(stranger) as picture:
        assert analyzer.embed(picture, [], SFACE.name).shape == (0, SFACE.dimension)


def test_an_unknown_model_is_an_internal_error(analyzer: Analyzer, stranger: bytes) -> None:
    with analyzer.decode(stranger) as picture, pytest.raises(FaceError) as refusal:
        analyzer.embed(picture, analyzer.find(picture), "another-model")
    assert refusal.value.code is ErrorCode.INTERNAL


def test_the_similarity_table_rises_from_end_to_end() -> None:
    cosines, similarities = np.array(SFACE.similarity_table).T
    assert (np.diff(cosines) > 0).all()
    assert (np.diff(similarities) > 0).all()
    assert (cosines[0], cosines[-1]) == (-1, 1)
    assert (similarities[0], similarities[-1]) == (0, 100)
