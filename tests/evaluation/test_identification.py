"""Searching galleries for members and strangers: rates are those of doing it probe by probe."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evaluation.vectors import embeddings_of
from visavis.core.calibration import Calibration, similarity_against_strangers, strangers_matched
from visavis.errors import SetupError
from visavis.evaluation.identification import FPIRS, SIMILARITIES, Split, draw_splits, summary
from visavis.evaluation.sheets import strangers_in_words
from visavis.evaluation.verification import Faces

SCALE = Calibration.from_table([(-1.0, 0.0), (1.0, 100.0)])


def faces(people: int, pictures: int, seed: int, spread: float = 0.9) -> Faces:
    numbers = np.repeat(np.arange(people), pictures)
    ones = np.ones(len(numbers))
    nobody = np.zeros(len(numbers), bool)
    return Faces(embeddings_of(numbers, seed, spread), numbers, ones, nobody, np.arange(people))


def measured(drawn: list[Split], people: int, gallery: int, resamples: int = 0, seed: int = 0) -> dict[str, Any]:
    return summary(drawn, people, gallery, SCALE, resamples, seed)


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
    found = measured(drawn, 20, 8)
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
    found = measured(draw_splits(faces(20, 4, 1, spread=0.01), 10, 5, 1), 20, 10, resamples=50, seed=1)
    assert set(found["fnir_at_fpir"].values()) == {0.0}


def test_the_same_seed_draws_the_same_galleries() -> None:
    everybody = faces(30, 3, 4)
    first, again, other = (measured(draw_splits(everybody, 12, 4, seed), 30, 12, 30, seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize("gallery", [5, 6])
def test_a_gallery_that_leaves_no_strangers_is_refused(gallery: int) -> None:
    with pytest.raises(SetupError, match="no strangers"):
        draw_splits(faces(5, 2, 1), gallery, 1, 0)


def test_people_with_one_picture_each_are_refused() -> None:
    with pytest.raises(SetupError, match="two pictures"):
        draw_splits(faces(5, 1, 1), 2, 1, 0)


@given(st.integers(0, 10_000))
def test_at_a_similarity_strangers_who_find_somebody_are_counted_and_members_who_are_missed(seed: int) -> None:
    drawn = draw_splits(faces(20, 3, seed, spread=0.3), 8, 3, seed)
    scale = Calibration.from_table([(-1.0, 0.0), (0.2, 90.0), (0.5, 96.0), (0.9, 99.0), (1.0, 100.0)])
    found = summary(drawn, 20, 8, scale, 0, 0)
    for name, similarity in SIMILARITIES.items():
        cosine = scale.cosine(similarity)
        fpir = np.mean([(split.unknown >= cosine).mean() for split in drawn])
        fnir = np.mean([(split.mated < cosine).mean() for split in drawn])
        assert found["fpir_at_similarity"][name] == pytest.approx(fpir)
        assert found["fnir_at_similarity"][name] == pytest.approx(fnir)


def test_the_estimate_of_the_product_stands_beside_what_was_measured() -> None:
    found = measured(draw_splits(faces(20, 3, 1), 8, 3, 1), 20, 8)
    assert found["gallery"] == 8
    assert found["estimated_fpir_at_similarity"]["90"] == strangers_matched(90, 8)
    assert found["estimated_similarity_at_fpir"]["1e-2"] == similarity_against_strangers(0.01, 8)


def test_strangers_are_counted_where_no_member_has_a_second_picture() -> None:
    numbers = np.array([0, 0, 1, 2, 3])
    everybody = replace(faces(4, 2, 1), embeddings=embeddings_of(numbers, 1), people=numbers, refused=numbers < 0)
    [drawn] = [
        split for seed in range(20) for split in draw_splits(everybody, 1, 1, seed) if not len(split.mated)
    ][:1]
    found = measured([drawn], 4, 1)
    assert found["fnir_at_similarity"] == dict.fromkeys(SIMILARITIES)
    assert None not in found["fpir_at_similarity"].values()


@given(st.integers(0, 10_000))
def test_a_refused_face_is_neither_enrolled_nor_found(seed: int) -> None:
    everybody = faces(12, 3, seed, spread=0.1)
    refused = np.random.default_rng(seed).random(len(everybody.people)) < 0.4
    [whole] = draw_splits(everybody, 6, 1, seed)
    [split] = draw_splits(replace(everybody, refused=refused), 6, 1, seed)
    assert len(split.mated) == len(whole.mated)
    assert len(split.unknown) == len(whole.unknown)
    of_members = np.isin(everybody.people, whole.mated_people)
    assert np.isinf(split.mated).sum() >= (refused & of_members).sum() - 6, "all but those that are enrolled"
    assert (split.unknown == -1).sum() >= (refused & ~of_members).sum()


def test_where_every_face_is_refused_nobody_is_found() -> None:
    everybody = faces(12, 3, 1)
    found = measured(draw_splits(replace(everybody, refused=everybody.people >= 0), 6, 3, 1), 12, 6)
    assert found["rank_1_miss_rate"] == 1
    assert set(found["fnir_at_similarity"].values()) == {1}
    assert set(found["fpir_at_similarity"].values()) == {0}


def test_a_threshold_in_words_is_rounded_up_and_rates_are_said_in_whole_strangers() -> None:
    at = dict.fromkeys(SIMILARITIES, 0.0)
    found = {
        "gallery": 400,
        "fpir_at_similarity": at | {"90": 0.041, "96": 0.0043},
        "estimated_fpir_at_similarity": {name: strangers_matched(float(name), 400) for name in SIMILARITIES},
        "similarity_at_fpir": {"1e-2": 94.02},
        "estimated_similarity_at_fpir": {"1e-2": None},
    }
    assert strangers_in_words(found) == [
        (
            "At a similarity of 90, about 4 of 100 strangers would find somebody among these 400 people; "
            "by the scale, 4 of 100 strangers would."
        ),
        (
            "At a similarity of 96, about 4 of 1,000 strangers would find somebody among these 400 people; "
            "by the scale, 4 of 1,000 strangers would."
        ),
        (
            "At a similarity of 99, none of those searched for found somebody among these 400 people; "
            "by the scale, 4 of 10,000 strangers would."
        ),
        "At most 1 stranger in 100 finds somebody from a similarity of 94.1 on; the scale does not reach so far.",
    ]
