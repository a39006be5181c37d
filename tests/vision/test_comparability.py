"""Pictures of faces that hold too little to be compared are told from pictures that are merely poor, and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.conftest import PEOPLE, OpenPeoplePicture
from visavis.evaluation.worsening import ROWS, as_in_lfw
from visavis.types import COMPARABLE, Comparability, DetectedFace, QualityDefect, Traits
from visavis.vision.align import align
from visavis.vision.analyzer import Analyzer
from visavis.vision.comparability import assess_comparability
from visavis.vision.decode import DecodedPicture, Pixels
from visavis.vision.measures import MEASURES, measures
from visavis.vision.poorness import poorness

TOO_POOR = {
    "blurred, standard deviation 5 px": QualityDefect.BLURRED,
    "dark (x 0.08)": QualityDefect.TOO_DARK,
    "JPEG quality 3": QualityDefect.COMPRESSED,
}
STILL_COMPARED = (
    *("as they are", "face of 62 pixels", "black and white", "overexposed (x 2)", "dark (x 0.15)"),
    *("JPEG quality 10", "noise, standard deviation 30", "sunglasses (drawn)", "40 x 40 px, enlarged"),
)
crops = arrays.arrays(np.uint8, (112, 112, 3))


@pytest.fixture(scope="module")
def small_portraits(
    analyzer: Analyzer, openpeople_picture: OpenPeoplePicture
) -> list[tuple[Pixels, DetectedFace]]:
    """At the size at which everything was measured."""
    found = []
    for name in PEOPLE:
        with analyzer.decode(openpeople_picture(name, "studio_portrait")) as picture:
            small = DecodedPicture(as_in_lfw(picture.pixels, analyzer.find(picture)[0]))
        found.append((small.pixels, analyzer.find(small)[0]))
    return found


def seen(analyzer: Analyzer, pixels: Pixels) -> Comparability | None:
    """Of the largest face; None where none is found any more."""
    picture = DecodedPicture(np.ascontiguousarray(pixels))
    faces = analyzer.describe(picture, analyzer.find(picture)[:1], Traits(comparability=True))
    return faces[0].comparability if faces else None


def after(way: str, analyzer: Analyzer, portraits: list[tuple[Pixels, DetectedFace]]) -> list[Comparability]:
    everybody = (seen(analyzer, ROWS[way](pixels, face)[0]) for pixels, face in portraits)
    return [each for each in everybody if each is not None]


@pytest.mark.parametrize(("way", "defect"), TOO_POOR.items(), ids=list(TOO_POOR))
def test_pictures_in_which_strangers_match_are_refused_for_what_they_lack(
    way: str, defect: QualityDefect, analyzer: Analyzer, small_portraits: list[tuple[Pixels, DetectedFace]]
) -> None:
    found = after(way, analyzer, small_portraits)
    refused = [each for each in found if each.score < COMPARABLE]
    assert len(refused) >= 0.8 * len(found) > 0
    assert {each.defect for each in refused} <= {
        defect,
        QualityDefect.COMPRESSED,
    }  # what is dark has few levels, too


@pytest.mark.parametrize("way", STILL_COMPARED)
def test_pictures_that_are_merely_poor_are_compared(
    way: str, analyzer: Analyzer, small_portraits: list[tuple[Pixels, DetectedFace]]
) -> None:
    found = after(way, analyzer, small_portraits)
    assert found
    assert all(each.score >= COMPARABLE for each in found)


@pytest.mark.parametrize(
    "change",
    [
        np.zeros_like,
        lambda crop: np.full_like(crop, 128),
        lambda crop: cv2.GaussianBlur(crop, (0, 0), 20),
        lambda crop: (crop * 0.02).astype(np.uint8),
    ],
    ids=["black", "grey", "fog", "night"],
)
def test_what_shows_nothing_is_never_comparable(
    change: Callable[[Any], Any], small_portraits: list[tuple[Pixels, DetectedFace]]
) -> None:
    crop = np.asarray(cv2.resize(small_portraits[0][0], (112, 112)), np.uint8)
    assert assess_comparability(np.asarray(change(crop), np.uint8)).score < COMPARABLE


@given(crops)
def test_any_crop_has_a_comparability_a_poorness_and_measures_that_are_numbers(crop: Pixels) -> None:
    assert 0 <= assess_comparability(crop).score <= 100
    assert 0 <= poorness(crop) <= 1
    assert measures(crop).shape == (len(MEASURES),)
    assert np.isfinite(measures(crop)).all()


@given(st.integers(0, 255))
def test_a_plain_crop_has_measures_too(value: int) -> None:
    assert np.isfinite(measures(np.full((112, 112, 3), value, np.uint8))).all()


def test_good_portraits_are_not_poor_and_poor_ones_are(
    analyzer: Analyzer, small_portraits: list[tuple[Pixels, DetectedFace]]
) -> None:
    def mean(way: str) -> float:
        shown = [(ROWS[way](pixels, face)[0], face) for pixels, face in small_portraits]
        pictures = [(DecodedPicture(np.ascontiguousarray(pixels)), face) for pixels, face in shown]
        return float(np.mean([poorness(align(picture, face.landmarks)) for picture, face in pictures]))

    assert mean("as they are") < 0.1
    for way in ("blurred, standard deviation 3 px", "dark (x 0.15)", "noise, standard deviation 30"):
        assert mean(way) > 0.8, way
