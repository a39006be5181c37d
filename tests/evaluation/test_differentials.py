"""Rates within and between groups of people are those of counting pair by pair."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.evaluation.vectors import embeddings_of
from visavis.core.calibration import Calibration
from visavis.evaluation.comparisons import compare_all
from visavis.evaluation.corpus import Sample
from visavis.evaluation.differentials import Differentials, Rates, summary, worst_and_best
from visavis.evaluation.folders import Person
from visavis.evaluation.grouping import grouped
from visavis.evaluation.verification import of_people
from visavis.types import Box, DetectedFace, Embedding, GroupSettings, Landmarks, Quality

SCALE = Calibration.from_table([(-1.0, 0.0), (0.1, 80.0), (0.4, 90.0), (0.8, 99.0), (1.0, 100.0)])
COSINES = [0.1, 0.4, 0.8]
Crowd: TypeAlias = tuple[Embedding, NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]
"""Embeddings, the person in each, the group of each person, and whether each face is refused."""


@st.composite
def crowds(draw: st.DrawFn) -> Crowd:
    """2-25 faces of 1-8 people in 3 groups or none."""
    chosen = draw(st.lists(st.integers(0, 7), min_size=2, max_size=25))
    _, people = np.unique(chosen, return_inverse=True)
    count = int(people.max()) + 1
    groups = draw(st.lists(st.integers(-1, 2), min_size=count, max_size=count))
    refused = draw(st.lists(st.booleans(), min_size=len(people), max_size=len(people)))
    embeddings = embeddings_of(people, draw(st.integers(0, 999)), spread=0.6, dimension=4)
    return embeddings, people, np.array(groups), np.array(refused)


def by_hand(crowd: Crowd, taken: NDArray[np.float64]) -> Rates:
    """Pair by pair: that of two people as often as both were taken, one person's as often as they were."""
    embeddings, people, groups, refused = crowd
    fmr, fnmr, across = np.zeros((2, 3, 3, 3)), np.zeros((2, 3, 3)), np.zeros((2, 3))
    for a, b in combinations(range(len(people)), 2):
        one, other = groups[people[a]], groups[people[b]]
        if min(one, other) < 0:
            continue
        cosine = float((embeddings[[a]] @ embeddings.T)[0, b])
        accepted = np.array([not (refused[a] or refused[b]) and cosine >= least for least in COSINES])
        if people[a] == people[b]:
            fnmr[0, :, one] += ~accepted * taken[people[a]]
            fnmr[1, :, one] += taken[people[a]]
            continue
        times = taken[people[a]] * taken[people[b]]
        for cell in {(one, other), (other, one)}:
            fmr[(0, slice(None), *cell)] += accepted * times
            fmr[(1, slice(None), *cell)] += times
        if one != other:
            across += np.array([accepted * times, np.full(3, times)])
    with np.errstate(invalid="ignore"):
        return Rates(fmr[0] / fmr[1], across[0] / across[1], fnmr[0] / fnmr[1])


def assert_alike(found: Rates, expected: Rates) -> None:
    for name in ("fmr", "fmr_across", "fnmr"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), nan_ok=True), name


@given(crowds())
def test_rates_are_those_of_counting_pair_by_pair(crowd: Crowd) -> None:
    embeddings, people, groups, refused = crowd
    compared = compare_all(embeddings, people, refused=refused, kept_from=COSINES[0])
    found = Differentials(compared, groups, 3, COSINES).rates()
    assert_alike(found, by_hand(crowd, np.ones(len(groups))))


@given(crowds(), st.integers(0, 999))
def test_a_draw_counts_every_pair_as_often_as_its_people_were_drawn(crowd: Crowd, seed: int) -> None:
    embeddings, people, groups, refused = crowd
    taken = np.random.default_rng(seed).integers(0, 4, len(groups)).astype(float)
    compared = compare_all(embeddings, people, refused=refused, kept_from=COSINES[0])
    found = Differentials(compared, groups, 3, COSINES).rates(taken)
    assert_alike(found, by_hand(crowd, taken))


def test_draws_keep_the_sizes_of_the_groups() -> None:
    people = np.arange(9)
    groups = np.array([0, 0, 0, 0, 0, 1, 1, 2, -1])
    found = Differentials(compare_all(embeddings_of(people, 1, dimension=3), people), groups, 3, COSINES)
    draws = list(found.drawn(50, 4))
    assert all(not np.isnan(each.fmr[:, 0, 1]).any() for each in draws)
    assert all(np.isnan(each.fmr[:, 2, 2]).all() for each in draws), "one person has no stranger in the group"
    assert len({each.fmr.tobytes() for each in draws}) > 10
    assert [each.fmr.tobytes() for each in draws] == [each.fmr.tobytes() for each in found.drawn(50, 4)]


def samples_of(
    embeddings: Embedding, files: list[Path], scores: dict[str, float] | None = None
) -> dict[Path, Sample]:
    """As if each file showed a face with this embedding, and a quality, 50 where none is given."""
    found = {}
    for file, embedding in zip(files, embeddings, strict=True):
        score = (scores or {}).get(str(file), 50.0)
        landmarks = Landmarks(*[(0.0, 0.0)] * 5)
        quality = Quality(score, 50.0, 50.0, 50.0, 50.0, 50.0, 50.0, None)
        found[file] = Sample(file, DetectedFace(Box(0, 0, 9, 9), landmarks, 1.0, quality=quality), embedding)
    return found


def circle(*degrees: float) -> Embedding:
    """Unit vectors in a plane: the cosine of two is that of the angle between them."""
    return np.array([[np.cos(np.radians(each)), np.sin(np.radians(each))] for each in degrees], np.float32)


@pytest.fixture
def measured() -> dict[str, Any]:
    """Three women, one with two pictures, two men, one person alone, one without a group.

    Similarities of 80, 90 and 99 are angles of 84, 66 and 37 degrees.
    """
    angles = {
        "ann": (0, 50),
        "bea": (10,),
        "cho": (170,),
        "dan": (90,),
        "eli": (130,),
        "fay": (300,),
        "gus": (200,),
    }
    people = [Person(name, tuple(Path(f"{name}/{n}") for n in range(len(at)))) for name, at in angles.items()]
    files = [file for person in people for file in person.files]
    samples = samples_of(circle(*(angle for at in angles.values() for angle in at)), files)
    samples[Path("ann/2")] = Sample(Path("ann/2"))
    people[0] = Person("ann", (*people[0].files, Path("ann/2")))
    sexes = {"ann": "women", "bea": "women", "cho": "women", "dan": "men", "eli": "men", "fay": "old"}
    grouping = grouped(people, sexes | {"hal": "men"})
    return summary(of_people(people, samples, SCALE), people, grouping, samples, SCALE, 200, 1)


def test_a_small_case_as_reckoned_on_paper(measured: dict[str, Any]) -> None:
    women = measured["within"]["women"]
    counts = ("people", "faces", "missed", "refused", "genuine", "impostor")
    assert [women[name] for name in counts] == [3, 4, 1, 0, 1, 5]
    # ann and bea: 10 and 40 degrees apart; cho is 120 and more from both.
    assert women["fmr_at_similarity"] == pytest.approx({"80": 2 / 5, "90": 2 / 5, "99": 1 / 5})
    assert women["fnmr_at_similarity"] == {"80": 0, "90": 0, "99": 1}
    men = measured["within"]["men"]
    assert men["fmr_at_similarity"] == {"80": 1, "90": 1, "99": 0}
    assert set(men["fnmr_at_similarity"].values()) == {None}


def test_a_group_of_one_person_has_no_rates_within_and_some_between(measured: dict[str, Any]) -> None:
    old = measured["within"]["old"]
    assert (old["people"], old["impostor"]) == (1, 0)
    assert set(old["fmr_at_similarity"].values()) == {None}
    [with_women] = [pair for pair in measured["between"] if pair["groups"] == ["women", "old"]]
    # fay at 300 degrees: 60 from ann's first, 110 from the second, 70 from bea, 130 from cho.
    assert with_women["impostor"] == 4
    assert with_women["fmr_at_similarity"] == pytest.approx({"80": 2 / 4, "90": 1 / 4, "99": 0})


def test_pairs_of_different_groups_are_summed_up(measured: dict[str, Any]) -> None:
    pairs = measured["between"]
    assert [pair["groups"] for pair in pairs] == [["women", "men"], ["women", "old"], ["men", "old"]]
    assert measured["across"]["impostor"] == sum(pair["impostor"] for pair in pairs) == 8 + 4 + 2
    matches = sum(pair["impostor"] * pair["fmr_at_similarity"]["90"] for pair in pairs)
    assert measured["across"]["fmr_at_similarity"]["90"] == pytest.approx(matches / 14)


def test_the_worst_group_stands_against_the_best(measured: dict[str, Any]) -> None:
    ends = measured["worst_to_best"]["fmr_at_similarity"]
    assert (ends["90"]["worst"], ends["90"]["best"]) == ("men", "women")
    assert ends["90"]["ratio"] == pytest.approx(2.5)
    assert ends["99"] is None, "one pair of men without a match is no better than one of five"
    assert measured["worst_to_best"]["fnmr_at_similarity"]["90"] is None


def test_those_in_no_figure_are_named(measured: dict[str, Any]) -> None:
    assert measured["without_group"] == ["gus"]
    assert measured["without_pictures"] == ["hal"]


def test_refused_faces_are_refused_where_they_belong_and_kept_out_where_they_do_not() -> None:
    people = [Person(name, tuple(Path(f"{name}/{n}") for n in range(2))) for name in ("ann", "bea")]
    files = [file for person in people for file in person.files]
    samples = samples_of(circle(0, 5, 10, 15), files, {"bea/1": 20.0})
    grouping = grouped(people, {"ann": "all", "bea": "all"})
    [rates, stricter] = [
        summary(
            of_people(people, samples, SCALE, GroupSettings(min_quality=least, min_comparability=0)),
            people,
            grouping,
            samples,
            SCALE,
            0,
            0,
        )["within"]["all"]
        for least in (0.0, 30.0)
    ]
    assert [(each["refused"], each["impostor"], each["genuine"]) for each in (rates, stricter)] == [
        (0, 4, 2),
        (1, 4, 2),
    ]
    assert (rates["fmr_at_similarity"]["90"], rates["fnmr_at_similarity"]["90"]) == (1, 0)
    assert (stricter["fmr_at_similarity"]["90"], stricter["fnmr_at_similarity"]["90"]) == (0.5, 0.5)


def test_intervals_hold_what_was_measured() -> None:
    people = [Person(str(number), (Path(f"{number}/0"), Path(f"{number}/1"))) for number in range(120)]
    numbers = np.repeat(np.arange(120), 2)
    samples = samples_of(
        embeddings_of(numbers, 3, spread=0.5, dimension=5), [f for one in people for f in one.files]
    )
    grouping = grouped(people, {one.name: f"g{int(one.name) % 3}" for one in people})
    found = summary(of_people(people, samples, SCALE), people, grouping, samples, SCALE, 200, 0)
    for each in found["within"].values():
        for kind in ("fmr_at_similarity", "fnmr_at_similarity"):
            low, high = each["intervals"][kind]["90"]
            assert low < each[kind]["90"] < high
    for each in (found["across"], *found["between"]):
        low, high = each["intervals"]["fmr_at_similarity"]["90"]
        assert low < each["fmr_at_similarity"]["90"] < high
    ends = found["worst_to_best"]["fmr_at_similarity"]["90"]
    assert ends["ratio"] > 1
    assert ends["interval"][0] < ends["ratio"] < ends["interval"][1]


@pytest.mark.parametrize(
    ("rates", "trials", "expected"),
    [
        ([0.2, 0.1, 0.3], [100, 100, 100], (2, 1)),
        ([0.2, 0.0, 0.3], [100, 100, 100], (2, 1)),
        ([0.2, 0.0, 0.3], [100, 15, 100], (2, 0)),
        ([0.2, 0.0], [100, 15], None),
        ([0.0, 0.0], [100, 100], None),
        ([np.nan, 0.1], [0, 100], None),
        ([np.nan, 0.1, 0.2], [0, 100, 100], (2, 1)),
        ([np.nan, np.nan], [0, 0], None),
    ],
)
def test_a_group_too_small_to_err_is_not_called_the_best(
    rates: list[float], trials: list[float], expected: tuple[int, int] | None
) -> None:
    assert worst_and_best(np.array(rates), np.array(trials)) == expected
