"""Thresholds and rates are those that comparing pair by pair would give, also where not every pair is kept."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.evaluation.vectors import embeddings_of, groups_of_people
from visavis.evaluation import comparisons
from visavis.evaluation.comparisons import MOST_FMR, compare_all, compare_listed
from visavis.types import Embedding

Group = tuple[Embedding, NDArray[np.int64]]


def pair_by_pair(group: Group, one_person: set[frozenset[int]] = frozenset()) -> tuple[list[float], list[float]]:  # type: ignore[assignment]
    """Genuine and impostor cosines, highest first."""
    embeddings, people = group
    genuine, impostors = [], []
    for a, b in combinations(range(len(people)), 2):
        cosine = float(embeddings[a].astype(np.float64) @ embeddings[b])
        if people[a] == people[b]:
            genuine.append(cosine)
        elif frozenset((int(people[a]), int(people[b]))) not in one_person:
            impostors.append(cosine)
    return sorted(genuine, reverse=True), sorted(impostors, reverse=True)


@given(groups_of_people())
def test_every_pair_is_compared_once(group: Group) -> None:
    genuine, impostors = pair_by_pair(group)
    compared = compare_all(*group)
    assert compared.impostor_count == len(impostors) == int(compared.histogram.sum())
    assert compared.genuine.cosines == pytest.approx(genuine, abs=1e-5)
    assert compared.impostors.cosines == pytest.approx(impostors, abs=1e-5)


@given(groups_of_people(), st.sampled_from([0.5, 0.1, 1e-2, 1e-5]))
def test_a_threshold_lets_no_larger_share_of_impostors_through_and_a_lower_one_would(
    group: Group, fmr: float
) -> None:
    genuine, impostors = pair_by_pair(group)
    compared = compare_all(*group)
    threshold = compared.threshold(fmr)
    if not impostors:
        assert threshold is None
        assert compared.tar(threshold) is None
        return
    assert threshold is not None
    assert threshold in compared.impostors.cosines
    assert compared.impostors.above(threshold) <= fmr * len(impostors) < compared.impostors.reaching(threshold)
    tar = compared.tar(threshold)
    accepted = sum(cosine > threshold for cosine in compared.genuine.cosines.astype(float))
    assert tar == (accepted / len(genuine) if genuine else None)


@given(groups_of_people(), st.floats(-1, 1))
def test_the_false_match_rate_at_a_cosine_counts_the_pairs_that_reach_it(group: Group, cosine: float) -> None:
    compared = compare_all(*group)
    cosines = compared.impostors.cosines.astype(float)
    assert compared.fmr(cosine) == (np.mean(cosines >= cosine) if len(cosines) else None)


@given(groups_of_people(), st.sets(st.frozensets(st.integers(0, 7), min_size=2, max_size=2), max_size=4))
def test_two_names_of_one_person_are_not_compared(group: Group, one_person: set[frozenset[int]]) -> None:
    _, impostors = pair_by_pair(group, one_person)
    compared = compare_all(*group, [(min(pair), max(pair)) for pair in one_person])
    assert compared.impostors.cosines == pytest.approx(impostors, abs=1e-5)


@pytest.fixture(scope="module")
def crowd() -> Group:
    people = np.sort(np.random.default_rng(1).integers(0, 150, 500))
    return embeddings_of(people, seed=2), people


@pytest.mark.parametrize("block", [1, 7_000, 10_000_000])
def test_what_is_kept_in_little_memory_is_what_counts(
    block: int, crowd: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = compare_all(*crowd)
    assert everything.complete
    monkeypatch.setattr(comparisons, "_BLOCK", block)
    monkeypatch.setattr(comparisons, "_KEPT_AT_LEAST", 10)
    compared = compare_all(*crowd)
    assert len(compared.impostors) < 0.02 * compared.impostor_count
    for fmr in (MOST_FMR, 1e-3, 1e-4, 1e-6):
        assert compared.threshold(fmr) == pytest.approx(everything.threshold(fmr), abs=1e-6)
        assert compared.quantile(fmr) == pytest.approx(everything.quantile(fmr), abs=1e-6)
    for fmr in (0.9, 0.5, 0.1):
        assert compared.quantile(fmr) == pytest.approx(everything.quantile(fmr), abs=2e-4)
        with pytest.raises(ValueError, match="beyond"):
            compared.threshold(fmr)
    assert compared.fmr(0.0) == pytest.approx(everything.fmr(0.0), abs=1e-3)


def test_quantiles_are_those_of_numpy(crowd: Group) -> None:
    compared = compare_all(*crowd)
    for fmr in (0.5, 0.1, 1e-2, 1e-4):
        expected = np.quantile(compared.impostors.cosines.astype(float), 1 - fmr)
        assert compared.quantile(fmr) == pytest.approx(expected, abs=1e-6)


def test_a_list_of_pairs_is_compared_as_it_says(crowd: Group) -> None:
    embeddings, people = crowd
    pairs = np.array([(0, 1), (0, 400), (3, 499), (7, 6)], np.int32)
    same = np.array([True, False, False, True])
    compared = compare_listed(embeddings, people, pairs, same)
    cosines = [float(embeddings[a] @ embeddings[b]) for a, b in pairs]
    assert compared.genuine.cosines == pytest.approx(sorted((cosines[0], cosines[3]), reverse=True), abs=1e-6)
    assert compared.impostors.cosines == pytest.approx(sorted(cosines[1:3], reverse=True), abs=1e-6)
    assert compared.impostor_count == 2


@pytest.mark.parametrize("block", [1, 7_000])
def test_pairs_from_a_cosine_on_are_all_kept_however_many(
    block: int, crowd: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = compare_all(*crowd)
    monkeypatch.setattr(comparisons, "_BLOCK", block)
    monkeypatch.setattr(comparisons, "_KEPT_AT_LEAST", 10)
    for rank in (20, 30_000):
        cosine = float(everything.impostors.cosines[rank])
        compared = compare_all(*crowd, kept_from=cosine)
        assert not compared.complete
        assert compared.impostors.reaching(cosine) == pytest.approx(everything.impostors.reaching(cosine), abs=2)
        assert len(compared.impostors) >= 0.01 * compared.impostor_count


@given(groups_of_people(), st.sets(st.integers(0, 29)))
def test_pairs_of_refused_faces_are_counted_and_stand_below_every_threshold(group: Group, few: set[int]) -> None:
    embeddings, people = group
    refused = np.isin(np.arange(len(people)), list(few))
    compared, plain = compare_all(embeddings, people, refused=refused), compare_all(embeddings, people)
    left = compare_all(embeddings[~refused], people[~refused])
    for now, before, of_left in (
        (compared.genuine, plain.genuine, left.genuine),
        (compared.impostors, plain.impostors, left.impostors),
    ):
        assert len(now) == len(before)
        assert now.above(-0.9999) <= len(of_left)
        assert now.cosines[: len(of_left)] == pytest.approx(of_left.cosines, abs=1e-5)
        assert (now.cosines[len(of_left) :] == -1).all()


def test_listed_pairs_of_refused_faces_match_nobody(crowd: Group) -> None:
    embeddings, people = crowd
    pairs = np.array([(0, 1), (0, 400), (3, 499), (7, 6)], np.int32)
    same = np.array([True, False, False, True])
    refused = np.isin(np.arange(len(people)), [0, 499])
    compared = compare_listed(embeddings, people, pairs, same, refused)
    assert compared.genuine.cosines[-1] == -1
    assert compared.genuine.cosines[0] > -1
    assert compared.impostors.cosines.tolist() == [-1, -1]
