"""Similarity rises with cosine, from 0 to 100, and can be turned back (contract.md 17)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visavis.core.calibration import (
    Calibration,
    pairs_per_false_match,
    similarity_against_strangers,
    strangers_matched,
)
from visavis.evaluation.scale import SIMILARITY_AT_FMR
from visavis.vision.models import PACKS, RECOGNITION_CARDS, RecognitionCard

CARDS_WITH_SCALES = [*RECOGNITION_CARDS, *(card for pack in PACKS for card in pack.cards)]

cosines = st.floats(-1, 1, allow_nan=False)


@pytest.fixture(params=CARDS_WITH_SCALES, ids=lambda card: card.name)
def calibration(request: pytest.FixtureRequest) -> Calibration:
    return Calibration.from_table(request.param.similarity_table)


def test_the_scale_runs_from_0_to_100(calibration: Calibration) -> None:
    assert calibration.similarity(-1.0) == 0.0
    assert calibration.similarity(1.0) == 100.0


@pytest.mark.parametrize("card", CARDS_WITH_SCALES, ids=lambda card: card.name)
@given(a=cosines, b=cosines)
def test_more_alike_never_means_less_similar(card: RecognitionCard, a: float, b: float) -> None:
    calibration = Calibration.from_table(card.similarity_table)
    low, high = sorted((a, b))
    assert calibration.similarity(low) <= calibration.similarity(high)


@pytest.mark.parametrize("threshold", [1, 50, 90, 99, 100])
def test_a_threshold_is_found_on_the_cosine_scale(calibration: Calibration, threshold: int) -> None:
    assert calibration.similarity(calibration.cosine(threshold)) == pytest.approx(threshold, abs=1e-9)


@pytest.mark.parametrize("table", [[(0.0, 0.0), (0.0, 1.0)], [(0.0, 5.0), (1.0, 5.0)], [(0.5, 1.0), (0.1, 2.0)]])
def test_a_table_that_does_not_rise_is_refused(table: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match=r"^a calibration table must rise strictly in both columns$"):
        Calibration.from_table(table)


@pytest.mark.parametrize("card", CARDS_WITH_SCALES, ids=lambda card: card.name)
def test_a_model_that_comes_with_a_scale_says_what_it_was_measured_on(card: RecognitionCard) -> None:
    assert " of " in card.fit.set
    assert "LFW" in card.fit.set
    assert card.accuracy
    assert len(card.mean) == card.dimension - (card.allowance > 0) - 2 * (card.masks is not None)


def test_a_similarity_is_explained_as_the_scale_was_made() -> None:
    for fmr, similarity in SIMILARITY_AT_FMR.items():
        assert pairs_per_false_match(similarity) == pytest.approx(1 / fmr)
    assert pairs_per_false_match(0) == 1
    assert pairs_per_false_match(100) == pytest.approx(1e6)
    assert 1e3 < pairs_per_false_match(85) < 1e4


def test_of_100_strangers_about_four_match_somebody_among_400_at_90() -> None:
    assert strangers_matched(90, 400) == pytest.approx(1 - (1 - 1e-4) ** 400)
    assert strangers_matched(99, 400) == pytest.approx(4e-4, rel=1e-3)


@given(similarity=st.floats(0, 100), gallery=st.integers(1, 1_000_000))
def test_a_larger_gallery_never_turns_more_strangers_away(similarity: float, gallery: int) -> None:
    assert 0 <= strangers_matched(similarity, gallery) <= strangers_matched(similarity, gallery + 1) <= 1


def test_the_similarity_against_strangers_is_the_lowest_that_keeps_them_out() -> None:
    assert similarity_against_strangers(0.01, 400) == 94
    assert strangers_matched(94, 400) <= 0.01 < strangers_matched(93, 400)


def test_no_similarity_keeps_strangers_out_of_a_gallery_that_the_scale_is_too_short_for() -> None:
    assert similarity_against_strangers(0.01, 100_000) is None


def test_a_table_that_is_not_made_of_pairs_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        Calibration.from_table([(0.0, 0.0), (1.0, 100.0, 3.0)])  # type: ignore[list-item]


def test_where_the_scale_begins_everybody_matches() -> None:
    assert strangers_matched(0, 1) == pytest.approx(1)
    assert strangers_matched(0, 0) == 0
    assert strangers_matched(10, 1) == pytest.approx(0.5)


def test_the_share_of_strangers_that_is_asked_for_is_enough() -> None:
    assert similarity_against_strangers(strangers_matched(94, 400), 400) == 94
