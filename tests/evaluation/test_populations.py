"""A scale that is fitted to groups: each is compared within itself, and told how it fares."""

from __future__ import annotations

import numpy as np
import pytest

from tests.evaluation.vectors import embeddings_of
from visavis.core.calibration import Calibration
from visavis.errors import SetupError
from visavis.evaluation.comparisons import compare_all
from visavis.evaluation.grouping import Grouping
from visavis.evaluation.populations import Population, of_groups, populations
from visavis.evaluation.scale import fit_scale
from visavis.evaluation.verification import Faces
from visavis.types import Embedding

NAMES = ("alike", "others", "few")


def faces_of(vectors: Embedding, people: list[int], probes: Embedding | None = None) -> Faces:
    numbers = np.array(people, np.int64)
    nothing = np.zeros(len(numbers))
    return Faces(vectors, numbers, nothing, nothing.astype(bool), np.unique(numbers), probes)


def crowd() -> tuple[Faces, Grouping]:
    """600 people who have something in common, 600 who have not, and 50 more."""
    people = np.arange(1250)
    vectors = embeddings_of(people, 3, dimension=64)
    vectors[:600, 0] += 0.35
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    groups = np.repeat([0, 1, 2], [600, 600, 50])
    return faces_of(vectors, people.tolist()), Grouping(NAMES, groups, (), ())


def test_no_group_that_is_large_enough_exceeds_the_rates_of_a_scale_that_is_fitted_to_groups() -> None:
    faces, grouping = crowd()
    everybody, *groups = populations(faces, grouping, [])
    common, single = fit_scale(everybody, groups), fit_scale(everybody)
    rates = {row["group"]: row["fmr_at_similarity"] for row in of_groups(groups, common)}
    assert 0 < rates["others"]["90"] < rates["alike"]["90"] <= 1.1e-4
    worse = {row["group"]: row["fmr_at_similarity"] for row in of_groups(groups, single)}
    assert worse["alike"]["90"] > 1.5e-4
    assert Calibration.from_table(common).cosine(90) > Calibration.from_table(single).cosine(90)


def test_each_group_is_told_with_its_numbers_and_whether_it_was_fitted_on() -> None:
    faces, grouping = crowd()
    everybody, *groups = populations(faces, grouping, [])
    rows = of_groups(groups, fit_scale(everybody, groups, most_alike=0.95))
    assert [(row["group"], row["people"], row["impostor"], row["fitted"]) for row in rows] == [
        ("alike", 600, 600 * 599 // 2, True),
        ("others", 600, 600 * 599 // 2, True),
        ("few", 50, 50 * 49 // 2, False),
    ]
    assert fit_scale(everybody, groups, most_alike=0.95)[-1] == (0.95, 100.0)


def test_a_group_without_pictures_has_no_rates() -> None:
    faces = faces_of(embeddings_of(np.arange(4), 1), [0, 1, 2, 3])
    grouping = Grouping(("here", "nobody"), np.array([0, 0, 0, 0, 1]), (), ())
    _, here, nobody = populations(faces, grouping, [])
    assert (here.count, nobody.count, nobody.compared.impostor_count) == (4, 0, 0)
    rates = of_groups([nobody], [(0.5, 90.0), (0.6, 99.0)])[0]["fmr_at_similarity"]
    assert rates == {"90": None, "99": None}


def test_faces_that_are_asked_about_meet_stored_ones() -> None:
    vectors = embeddings_of(np.arange(5), 1)
    probes = vectors.copy()
    probes[:, -1] *= -1
    faces = faces_of(vectors, [0, 1, 2, 3, 4], probes)
    everybody, group = populations(faces, Grouping(("all",), np.zeros(5, np.int64), (), ()), [])
    expected = np.sort((probes @ vectors.T)[np.triu_indices(5, 1)])[::-1]
    for each in (everybody, group):
        assert each.compared.impostors.cosines == pytest.approx(expected, abs=1e-6)


def test_pairs_of_names_that_are_one_person_are_not_compared_in_their_group_either() -> None:
    faces = faces_of(embeddings_of(np.arange(6), 1), [0, 1, 2, 3, 4, 5])
    grouping = Grouping(("low", "high"), np.array([0, 0, 0, 1, 1, 1]), (), ())
    everybody, low, high = populations(faces, grouping, [(3, 5), (0, 4)])
    assert [each.compared.impostor_count for each in (everybody, low, high)] == [13, 3, 2]


def test_groups_none_of_which_has_enough_people_are_refused() -> None:
    everybody = Population("everybody", 1250, compare_all(crowd()[0].embeddings, np.arange(1250)))
    small = Population("few", 449, compare_all(embeddings_of(np.arange(449), 1), np.arange(449)))
    with pytest.raises(
        SetupError, match=r"No group has enough .*: few 449 and 100,576\. It takes 450 people and 100,000"
    ):
        fit_scale(everybody, [small])
