"""The made-up faces lie as it is said that they lie."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.faces import EFFECTIVE_DIMENSIONS, crowd


@pytest.mark.parametrize("dimensions", EFFECTIVE_DIMENSIONS)
def test_cosines_of_one_person_are_around_0_6_and_those_of_strangers_spread_as_real_ones(dimensions: int) -> None:
    cosines = crowd(2_000, dimensions, probes=50).described()
    assert cosines["genuine_cosine_mean"] == pytest.approx(0.59, abs=0.03)
    assert cosines["impostor_cosine_mean"] == pytest.approx(0, abs=0.01)
    expected = EFFECTIVE_DIMENSIONS[dimensions] ** -0.5
    assert cosines["impostor_cosine_deviation"] == pytest.approx(expected, rel=0.05)


def test_everybody_in_a_probe_is_in_the_gallery_as_often_as_was_asked() -> None:
    people = crowd(400, 128, probes=30, samples=4)
    assert people.gallery.shape == (400, 128)
    assert np.bincount(people.person).tolist() == [4] * 100
    assert set(people.probe_person) <= set(people.person)


def test_faces_are_unit_vectors_and_a_seed_gives_the_same_ones_again() -> None:
    people, again, others = crowd(100, 128, 5), crowd(100, 128, 5), crowd(100, 128, 5, seed=6)
    assert np.linalg.norm(people.gallery, axis=1) == pytest.approx(np.ones(100), abs=1e-5)
    assert np.linalg.norm(people.probes, axis=1) == pytest.approx(np.ones(5), abs=1e-5)
    assert np.array_equal(people.gallery, again.gallery)
    assert not np.array_equal(people.gallery, others.gallery)
