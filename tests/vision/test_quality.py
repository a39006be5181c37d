"""The quality of a face falls as its picture gets worse, and what is worst about it is named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import TypeAlias

import cv2
import numpy as np
import pytest

from tests.conftest import OpenPeoplePicture
from visavis.types import DetectedFace, Landmarks, Pose, Quality, QualityDefect, Traits
from visavis.vision.align import align
from visavis.vision.analyzer import Analyzer
from visavis.vision.decode import DecodedPicture
from visavis.vision.quality import assess

from .pictures import Array, resized
from .scenes import picture_of

SIDE = 600
AHEAD = Pose(0, 0, 0)
Worsen: TypeAlias = Callable[[Array, float], Array]


def quality(analyzer: Analyzer, rgb: Array) -> Quality:
    """Of the largest face."""
    picture = picture_of(rgb)
    [face] = analyzer.describe(picture, analyzer.find(picture)[:1], Traits(quality=True))
    assert face.quality is not None
    return face.quality


@pytest.fixture(scope="module")
def portraits(openpeople_picture: OpenPeoplePicture) -> list[Array]:
    people = ("P001", "P004", "P009")
    return [resized(openpeople_picture(name, "studio_portrait"), SIDE, SIDE) for name in people]


def blurred(rgb: Array, sigma: float) -> Array:
    return np.asarray(cv2.GaussianBlur(rgb, (0, 0), sigma))


def enlarged(rgb: Array, factor: float) -> Array:
    """As if the picture had been taken with fewer pixels."""
    small = cv2.resize(rgb, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, rgb.shape[1::-1], interpolation=cv2.INTER_CUBIC))


def exposed(rgb: Array, factor: float) -> Array:
    return (rgb * factor).clip(0, 255).astype(np.uint8)


def grainy(rgb: Array, sigma: float) -> Array:
    return (rgb + sigma * unit_noise(rgb.shape)).clip(0, 255).astype(np.uint8)


def faded(rgb: Array, factor: float) -> Array:
    return (128 + (rgb - 128.0) * factor).clip(0, 255).astype(np.uint8)


@cache
def unit_noise(shape: tuple[int, ...]) -> Array:
    return np.random.default_rng(0).normal(size=shape)


@pytest.mark.parametrize(
    ("worsen", "steps", "defect"),
    [
        (blurred, (4, 8, 12), QualityDefect.BLURRED),
        (enlarged, (8, 12, 16), QualityDefect.BLURRED),
        (exposed, (0.25, 0.12), QualityDefect.TOO_DARK),
        (exposed, (1.8, 2.5), QualityDefect.TOO_BRIGHT),
        (grainy, (20, 40, 60), QualityDefect.GRAINY),
        (faded, (0.3, 0.15), QualityDefect.LOW_CONTRAST),
    ],
)
def test_the_worse_a_picture_the_lower_its_score_and_the_reason_is_told(
    worsen: Worsen, steps: Sequence[float], defect: QualityDefect, analyzer: Analyzer, portraits: list[Array]
) -> None:
    for portrait in portraits:
        given = [quality(analyzer, portrait), *(quality(analyzer, worsen(portrait, step)) for step in steps)]
        scores = [each.score for each in given]
        assert scores[0] > 70
        assert all(better > worse for better, worse in pairwise(scores)), scores
        assert scores[-1] < 0.7 * scores[0]
        assert given[-1].defect is defect


def test_a_face_of_few_pixels_is_of_less_quality(analyzer: Analyzer, portraits: list[Array]) -> None:
    large = [quality(analyzer, portrait) for portrait in portraits]
    small = [quality(analyzer, np.asarray(cv2.resize(each, None, fx=0.3, fy=0.3))) for each in portraits]
    assert {each.size for each in large} == {100}
    assert all(each.size < 80 for each in small)
    assert sum(each.score for each in small) < sum(each.score for each in large)


@pytest.fixture(scope="module")
def front(analyzer: Analyzer, portraits: list[Array]) -> tuple[Array, DetectedFace]:
    """The aligned crop of a good face, and the face."""
    picture = picture_of(portraits[0])
    [face] = analyzer.find(picture)
    return align(picture, face.landmarks), face


def test_the_further_a_face_is_turned_the_lower_its_score(front: tuple[Array, DetectedFace]) -> None:
    crop, face = front
    for turns in (
        [Pose(yaw, 0, 0) for yaw in (0, 30, 45, 60, 75)],
        [Pose(yaw, 0, 0) for yaw in (0, -30, -45, -60, -75)],
        [Pose(0, pitch, 0) for pitch in (0, 25, 45, 60)],
        [Pose(0, 0, roll) for roll in (0, 30, 60, 90)],
    ):
        given = [assess(crop, face, pose, masked=False) for pose in turns]
        assert all(better.score > worse.score for better, worse in pairwise(given))
        assert given[-1].defect is QualityDefect.TURNED_AWAY


def test_a_mask_a_small_face_and_a_doubtful_one_are_of_less_quality(front: tuple[Array, DetectedFace]) -> None:
    crop, face = front
    good = assess(crop, face, AHEAD, masked=False)
    assert good.defect is None
    assert good.uncovered == 100
    masked = assess(crop, face, AHEAD, masked=True)
    assert (masked.defect, masked.uncovered) == (QualityDefect.COVERED, 0)
    small = assess(crop, replace(face, landmarks=shrunk(face.landmarks, 0.1)), AHEAD, masked=False)
    assert small.defect is QualityDefect.TOO_SMALL
    doubtful = assess(crop, replace(face, detection_score=0.7), AHEAD, masked=False)
    assert doubtful.defect is QualityDefect.HARD_TO_MAKE_OUT
    assert max(masked.score, small.score, doubtful.score) < 0.8 * good.score


def test_a_face_lit_from_one_side_is_unevenly_lit(front: tuple[Array, DetectedFace]) -> None:
    crop, face = front
    shadow = (crop * np.where(np.arange(112) < 56, 1.0, 0.25)[None, :, None]).astype(np.uint8)
    given = assess(shadow, face, AHEAD, masked=False)
    assert given.defect is QualityDefect.UNEVENLY_LIT
    assert given.lighting < assess(crop, face, AHEAD, masked=False).lighting


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_crop_without_anything_in_it_has_no_quality(grey: int, front: tuple[Array, DetectedFace]) -> None:
    given = assess(np.full((112, 112, 3), grey, np.uint8), front[1], AHEAD, masked=False)
    assert given.score == 0


def test_every_part_is_between_0_and_100(analyzer: Analyzer, openpeople_picture: OpenPeoplePicture) -> None:
    picture = picture_of(resized(openpeople_picture("P002", "emotions_sheet"), 1400, 1050))
    faces = analyzer.describe(picture, analyzer.find(picture), Traits(quality=True))
    assert len(faces) > 10
    for face in faces:
        given = face.quality
        assert given is not None
        assert face.pose is None
        assert face.mask is None
        parts = (
            given.sharpness,
            given.lighting,
            given.size,
            given.pose,
            given.uncovered,
            given.detection,
        )
        assert all(0 <= part <= 100 for part in (given.score, *parts))
        assert given.score <= min(100.0, *(10 * part**0.5 for part in parts[:4])) + 1e-6


def test_quality_is_not_measured_where_it_is_not_asked_for(analyzer: Analyzer, portraits: list[Array]) -> None:
    picture: DecodedPicture = picture_of(portraits[0])
    [face] = analyzer.describe(picture, analyzer.find(picture), Traits(pose=True, mask=True))
    assert face.quality is None


def shrunk(landmarks: Landmarks, factor: float) -> Landmarks:
    (x0, y0), *rest = [(factor * x, factor * y) for x, y in landmarks.as_array().tolist()]
    return Landmarks((x0, y0), *rest)
