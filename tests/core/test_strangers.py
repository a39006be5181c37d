"""How many strangers match somebody is told in whole people, close to what the scale says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visavis.core.calibration import strangers_matched
from visavis.core.strangers import Strangers, are_too_many, enough_similarity, strangers

LARGEST_CROWD = 1_000_000
similarities, galleries = st.floats(0, 100), st.integers(1, 1_000_000)


@pytest.mark.parametrize(
    ("similarity", "faces", "said"),
    [
        (90, 400, Strangers(4, 100)),
        (99, 400, Strangers(4, 10_000)),
        (90, 1, Strangers(1, 10_000)),
        (90, 100, Strangers(1, 100)),
        (90, 140, Strangers(14, 1_000)),
        (90, 52, Strangers(5, 1_000)),
        (99, 1, Strangers(1, 1_000_000)),
        (90, 100_000, Strangers(100, 100)),
        (90, 0, Strangers(0, 100)),
        (98.5, 1, Strangers(1, 1_000_000)),
    ],
)
def test_strangers_are_counted_among_as_few_as_will_do(similarity: float, faces: int, said: Strangers) -> None:
    assert strangers(similarity, faces) == said


@given(similarity=similarities, faces=galleries)
def test_the_whole_number_is_within_a_tenth_of_the_share(similarity: float, faces: int) -> None:
    said = strangers(similarity, faces)
    assert 1 <= said.about <= said.of
    half_a_person = 0.5 / said.of if said.of == LARGEST_CROWD else 0.0
    share = strangers_matched(similarity, faces)
    assert said.about / said.of == pytest.approx(share, rel=0.101, abs=half_a_person)


@given(similarity=similarities, faces=galleries)
def test_strangers_are_too_many_below_the_similarity_that_is_enough(similarity: float, faces: int) -> None:
    enough = enough_similarity(faces)
    whole = int(similarity)
    assert are_too_many(whole, faces) is (enough is None or whole < enough)


def test_nobody_is_too_many_for_a_gallery_without_faces() -> None:
    assert enough_similarity(0) == 0
    assert not are_too_many(0, 0)


def test_a_gallery_that_no_similarity_is_enough_for_is_told_of() -> None:
    assert enough_similarity(10_000) == 99
    assert enough_similarity(20_000) is None
    assert are_too_many(100, 20_000)


def test_one_in_a_hundred_is_not_too_many() -> None:
    assert not are_too_many(55, 1)
    assert are_too_many(54.9, 1)
