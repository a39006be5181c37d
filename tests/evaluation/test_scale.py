"""The similarity scale is fitted as its documents say, or refused."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tests.evaluation.vectors import embeddings_of
from visavis.core.calibration import Calibration
from visavis.errors import SetupError
from visavis.evaluation import scale
from visavis.evaluation.comparisons import Comparisons, compare_all
from visavis.evaluation.populations import Population
from visavis.evaluation.scale import cosine_at, fit_pareto, fit_scale, pareto_exceeded


@cache
def crowd(people: int, pictures: int, seed: int = 1) -> Comparisons:
    numbers = np.repeat(np.arange(people), pictures)
    return compare_all(embeddings_of(numbers, seed, dimension=64), numbers)


def everybody(people: int, pictures: int) -> Population:
    return Population("everybody", people, crowd(people, pictures))


@settings(max_examples=10)
@given(st.floats(-0.4, 0.4), st.floats(0.01, 5), st.integers(0, 1000))
def test_the_tail_is_the_likeliest_pareto_distribution(shape: float, spread: float, seed: int) -> None:
    excesses = stats.genpareto.rvs(shape, scale=spread, size=400, random_state=seed)
    found, width = fit_pareto(excesses)
    ours = -stats.genpareto.logpdf(excesses, found, 0, width).sum()
    theirs_shape, _, theirs_scale = stats.genpareto.fit(excesses, floc=0)
    theirs = -stats.genpareto.logpdf(excesses, theirs_shape, 0, theirs_scale).sum()
    assert ours <= theirs + 0.01 or theirs_shape < -0.5


@given(st.integers(-450, 450).map(lambda thousandths: thousandths / 1000), st.floats(0.01, 5), st.floats(1e-6, 1))
def test_a_share_of_the_tail_is_where_the_distribution_has_it(shape: float, spread: float, share: float) -> None:
    assert pareto_exceeded(share, shape, spread) == pytest.approx(
        float(stats.genpareto.isf(share, shape, 0, spread)), rel=1e-6, abs=1e-9
    )


def test_90_and_99_stand_for_their_false_match_rates_on_other_people() -> None:
    calibration = Calibration.from_table(fit_scale(everybody(800, 2)))
    others = crowd(1000, 2, seed=2)
    for similarity, fmr, factor in ((77, 1e-3, 1.2), (90, 1e-4, 1.5), (99, 1e-6, 5)):
        measured = others.fmr(calibration.cosine(similarity))
        assert measured is not None
        assert fmr / factor - 1e-6 < measured < fmr * factor


def test_the_scale_rises_from_0_to_100() -> None:
    knots = fit_scale(everybody(800, 2))
    assert knots[0] == (-1.0, 0.0)
    assert knots[-1] == (1.0, 100.0)
    assert [similarity for _, similarity in knots[1:-1]] == list(scale.SIMILARITY_AT_FMR.values())
    Calibration.from_table(knots)


def test_quantiles_and_tail_meet() -> None:
    compared = crowd(800, 2)
    assert cosine_at(compared, 1e-4) == compared.quantile(1e-4)
    assert cosine_at(compared, 1e-4) < cosine_at(compared, 0.99e-4) < cosine_at(compared, 1e-5)
    assert cosine_at(compared, 0.99e-4) == pytest.approx(compared.quantile(1e-4), abs=0.02)


@pytest.mark.parametrize(("people", "pictures"), [(100, 3), (699, 3), (701, 1)])
def test_a_set_that_cannot_support_the_claim_is_refused_with_the_numbers(people: int, pictures: int) -> None:
    with pytest.raises(SetupError, match=f"^{people} people .* too few.* 700 people and 750,000 pairs"):
        fit_scale(everybody(people, pictures))


def test_people_who_all_share_a_picture_are_refused() -> None:
    numbers = np.repeat(np.arange(800), 2)
    vectors = np.tile(embeddings_of(np.zeros(1, np.int64), 1), (1600, 1))
    with pytest.raises(SetupError, match="copies of a picture"):
        fit_scale(Population("everybody", 800, compare_all(vectors, numbers)))
