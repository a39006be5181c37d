"""Searching galleries for members and strangers: rates are those of doing it probe by probe."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evaluation.vectors import embeddings_of
from visavis.core.calibration import Calibration
from visavis.errors import SetupError
from visavis.evaluation.identification import FPIRS, draw_splits, summary
from visavis.evaluation.verification import Faces

SCALE = Calibration.from_table([(-1.0, 0.0), (1.0, 100.0)])


def faces(people: int, pictures: int, seed: int, spread: float = 0.9) -> Faces:
    numbers = np.repeat(np.arange(people), pictures)
    ones = np.ones(len(numbers))
    return Faces(embeddings_of(numbers, seed, spread), numbers, ones, np.arange(people))


@given(st.integers(0, 10_000), st.integers(1, 9))
def test_members_and_strangers_share_the_probes(seed: int, gallery: int) -> None:
    [split] = draw_splits(faces(10, 3, seed), gallery, 1, seed)
    assert len(split.mated) == 2 * gallery
    assert len(split.unknown) == 3 * (10 - gallery)
    assert not set(split.mated_people) & set(split.unknown_people)
    assert (np.diff(split.unknown) <= 0).all()
    assert (split.mated[:-1] >= split.mated[1:]).all()


@given(st.integers(0, 10_000))
def test_the_rates_are_counts_of_probes(seed: int) -> None:
    drawn = draw_splits(faces(20, 3, seed), 8, 3, seed)
    found = summary(drawn, 20, SCALE, resamples=0, seed=0)
    for name, fpir in FPIRS.items():
        missed = []
        for split in drawn:
            threshold = split.unknown[int(fpir * len(split.unknown) + 1e-9)]
            assert (split.unknown > threshold).mean() <= fpir
            missed.append((split.mated <= threshold).mean())
        assert found["fnir_at_fpir"][name] == pytest.approx(np.mean(missed))
    assert found["rank_1_miss_rate"] == pytest.approx(np.mean([np.isinf(split.mated).mean() for split in drawn]))
    assert found["beyond_the_probes"] == ["1e-2", "1e-3"]


def test_people_who_look_like_nobody_else_are_always_found() -> None:
    found = summary(draw_splits(faces(20, 4, 1, spread=0.01), 10, 5, 1), 20, SCALE, resamples=50, seed=1)
    assert set(found["fnir_at_fpir"].values()) == {0.0}


def test_the_same_seed_draws_the_same_galleries() -> None:
    everybody = faces(30, 3, 4)
    first, again, other = (summary(draw_splits(everybody, 12, 4, seed), 30, SCALE, 30, seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize("gallery", [5, 6])
def test_a_gallery_that_leaves_no_strangers_is_refused(gallery: int) -> None:
    with pytest.raises(SetupError, match="no strangers"):
        draw_splits(faces(5, 2, 1), gallery, 1, 0)


def test_people_with_one_picture_each_are_refused() -> None:
    with pytest.raises(SetupError, match="two pictures"):
        draw_splits(faces(5, 1, 1), 2, 1, 0)
