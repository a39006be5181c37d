"""Intervals hold what they are for, and say nothing where nothing can be said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from tests.evaluation.vectors import embeddings_of, groups_of_people
from visavis.evaluation import intervals
from visavis.evaluation.comparisons import compare_all
from visavis.evaluation.intervals import (
    bootstrap_mean,
    draws_of_people,
    of_comparisons,
    percentile_interval,
    wilson,
)
from visavis.evaluation.verification import FMRS
from visavis.types import Embedding


@given(st.integers(0, 200), st.integers(1, 200))
def test_the_interval_of_a_rate_is_the_published_one(events: int, trials: int) -> None:
    events = min(events, trials)
    expected = stats.binomtest(events, trials).proportion_ci(0.95, "wilson")
    assert wilson(events, trials) == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_no_trial_has_no_interval() -> None:
    assert wilson(0, 0) is None
    assert percentile_interval([]) is None
    assert percentile_interval([0.1, float("nan")]) is None
    assert percentile_interval([0.0, 0.0, 0.0]) is None
    assert bootstrap_mean(np.zeros(0), 100, 0) is None


def test_the_same_seed_draws_the_same_people() -> None:
    first, again, other = (np.array(list(draws_of_people(30, 5, seed))) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()
    assert (first.sum(axis=1) == 30).all()


def test_drawing_everybody_once_gives_the_measured_rates() -> None:
    people = np.arange(300) // 3
    compared = compare_all(embeddings_of(people, seed=5, spread=0.8), people)
    tars, fmrs, tars_there = of_comparisons(compared, list(FMRS.values()), [0.5], resamples=400, seed=3)
    for name, interval in zip(FMRS, tars, strict=True):
        tar = compared.tar(compared.threshold(FMRS[name]))
        assert interval is not None
        assert tar is not None
        assert 0 <= interval[0] <= tar <= interval[1] <= 1
    assert fmrs[0] is not None
    measured = compared.fmr(0.5)
    assert measured is not None
    assert fmrs[0][0] < measured < fmrs[0][1]
    accepted = compared.tar_at(0.5)
    assert tars_there[0] is not None
    assert accepted is not None
    assert tars_there[0][0] < accepted < tars_there[0][1]


@given(groups_of_people(), st.integers(0, 1000), st.sampled_from([0.5, 0.1, 1e-2]))
def test_a_draw_counts_every_pair_as_often_as_its_people_were_drawn(
    group: tuple[Embedding, NDArray[np.int64]], seed: int, fmr: float
) -> None:
    _, people = group
    compared = compare_all(*group)
    [weights] = draws_of_people(int(people.max()) + 1, 1, seed)
    drawn = {
        kind: np.repeat(
            pairs.cosines,
            (weights[people[pairs.first]] * (weights[people[pairs.second]] if kind == "impostor" else 1)).astype(
                int
            ),
        )
        for kind, pairs in (("genuine", compared.genuine), ("impostor", compared.impostors))
    }
    if not compared.genuine or not compared.impostors:
        return
    tar, share, tar_there = intervals._resampled(compared, [fmr], [0.2])(weights)
    if len(drawn["impostor"]) and len(drawn["genuine"]):
        threshold = drawn["impostor"][int(fmr * len(drawn["impostor"]) + 1e-9)]
        assert tar == pytest.approx(np.mean(drawn["genuine"] > threshold))
        assert share == pytest.approx(np.mean(drawn["impostor"] >= 0.2))
        assert tar_there == pytest.approx(np.mean(drawn["genuine"] >= 0.2))
    else:
        assert np.isnan(tar)


def test_people_with_many_pictures_widen_the_interval_of_pairs() -> None:
    """Forty pairs of one person are not forty independent trials."""
    one = np.concatenate([np.zeros(30, np.int64), np.arange(1, 60)])
    many = np.arange(118) // 2
    spans = []
    for people in (one, many):
        compared = compare_all(embeddings_of(people, seed=7, spread=0.9), people)
        [span], _, _ = of_comparisons(compared, [1e-2], [], resamples=300, seed=1)
        spans.append(span)
    assert spans[0] is None, "without the one person there are no genuine pairs, and some draws are without"
    assert spans[1] is not None


def test_nothing_compared_has_no_interval() -> None:
    people = np.arange(5)
    compared = compare_all(embeddings_of(people, seed=1), people)
    assert of_comparisons(compared, [1e-2], [0.99], 10, 0) == ([None], [None], [None])


def test_people_with_a_picture_each_have_an_interval_of_false_matches_alone() -> None:
    people = np.arange(60)
    compared = compare_all(embeddings_of(people, seed=1), people)
    tars, [fmr], tars_there = of_comparisons(compared, [1e-2], [0.3], 200, 0)
    assert (tars, tars_there) == ([None], [None])
    measured = compared.fmr(0.3)
    assert fmr is not None
    assert measured is not None
    assert fmr[0] < measured < fmr[1]
