"""Recall counts what an engine found of the true neighbours."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.faces import crowd
from benchmarks.search.recall import Truth

PEOPLE = crowd(300, 128, probes=8)
TRUTH = [np.argsort(-(PEOPLE.gallery @ probe))[:10].tolist() for probe in PEOPLE.probes]
WORST = [np.argsort(PEOPLE.gallery @ probe)[:10].tolist() for probe in PEOPLE.probes]


def measured(found: list[list[int]], k: int = 10) -> float:
    return Truth(PEOPLE.gallery, PEOPLE.probes, k).recall(found)


def test_the_true_neighbours_in_any_order_are_a_recall_of_one() -> None:
    assert measured(TRUTH) == 1
    assert measured([rows[::-1] for rows in TRUTH]) == 1


def test_wrong_faces_count_for_nothing() -> None:
    assert measured(WORST) == 0
    assert measured([[]] * len(TRUTH)) == 0
    assert measured([right[:4] + wrong[:6] for right, wrong in zip(TRUTH, WORST, strict=True)]) == pytest.approx(
        0.4
    )


def test_a_face_named_twice_counts_once() -> None:
    assert measured([rows[:1] * 10 for rows in TRUTH]) == pytest.approx(0.1)


def test_faces_beyond_the_k_that_were_asked_for_count_for_nothing() -> None:
    assert measured([wrong + right for right, wrong in zip(TRUTH, WORST, strict=True)]) == 0
    assert measured([rows[1:] for rows in TRUTH], k=1) == 0


def test_either_of_two_equal_faces_is_right() -> None:
    gallery = np.concatenate([PEOPLE.gallery, PEOPLE.gallery[TRUTH[0][:1]]])
    truth = Truth(gallery, PEOPLE.probes[:1], 1)
    assert truth.recall([TRUTH[0][:1]]) == 1
    assert truth.recall([[len(gallery) - 1]]) == 1
