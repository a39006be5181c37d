from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import PEOPLE, OpenPeoplePicture
from tests.vision.pictures import resized
from tests.vision.scenes import backdrop, picture_of, the_face
from visavis.types import Landmarks
from visavis.vision.align import align
from visavis.vision.analyzer import Analyzer
from visavis.vision.decode import DecodedPicture
from visavis.vision.geometry import similarity_transform

coordinates = st.floats(-1000, 1000, width=32)
points = st.lists(st.tuples(coordinates, coordinates), min_size=5, max_size=5).map(np.array)


@given(
    points=points, angle=st.floats(-3.1, 3.1), scale=st.floats(0.01, 20), shift=st.tuples(coordinates, coordinates)
)
def test_a_similarity_is_recovered_from_the_points_it_moved(
    points: np.ndarray, angle: float, scale: float, shift: tuple[float, float]
) -> None:
    cosine, sine = scale * math.cos(angle), scale * math.sin(angle)
    matrix = np.array([[cosine, -sine], [sine, cosine]])
    moved = points @ matrix.T + shift
    transform = similarity_transform(points, moved)
    assert points @ transform[:, :2].T + transform[:, 2] == pytest.approx(moved, abs=1e-5)


@given(
    source=points, target=points, turn=st.floats(-0.1, 0.1), stretch=st.floats(0.9, 1.1), shift=st.floats(-5, 5)
)
def test_no_other_similarity_comes_nearer(
    source: np.ndarray, target: np.ndarray, turn: float, stretch: float, shift: float
) -> None:
    def error(transform: np.ndarray) -> float:
        return float(((source @ transform[:, :2].T + transform[:, 2] - target) ** 2).sum())

    best = similarity_transform(source, target)
    rotation = stretch * np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    other = np.column_stack([rotation @ best[:, :2], best[:, 2] + shift])
    assert error(best) <= error(other) * (1 + 1e-9) + 1e-6


def test_points_that_are_all_but_one_are_only_shifted() -> None:
    source = np.full((5, 2), 3.0) * [[0], [0], [0], [0], [1e-160]]
    transform = similarity_transform(source, np.arange(10.0).reshape(5, 2))
    assert transform == pytest.approx(np.array([[1, 0, 4], [0, 1, 5]]))


def test_an_aligned_face_has_its_landmarks_on_the_template(
    analyzer: Analyzer, openpeople_picture: OpenPeoplePicture
) -> None:
    for name in PEOPLE:
        rgb = resized(openpeople_picture(name, "studio_portrait"), 1024, 1024)
        crop = align(picture_of(rgb), the_face(analyzer, rgb).landmarks)
        assert crop.shape == (112, 112, 3)
        framed = np.zeros((224, 224, 3), np.uint8)
        framed[56:168, 56:168] = crop[..., ::-1]
        found = the_face(analyzer, framed).landmarks.as_array() - 56
        expected = [(38.3, 51.7), (73.5, 51.5), (56.0, 71.7), (41.5, 92.4), (70.7, 92.2)]
        assert np.abs(found - expected).max() < 6


def test_a_large_face_is_averaged_down_and_not_sampled() -> None:
    noise = np.random.default_rng(3).integers(0, 255, (2400, 2400, 3), dtype=np.uint8)
    landmarks = Landmarks((900, 1000), (1500, 1000), (1200, 1340), (950, 1690), (1450, 1690))
    assert align(DecodedPicture(noise), landmarks)[20:90, 20:90].std() < 12


@pytest.mark.parametrize("where", [(-5000.0, -5000.0), (300.0, 200.0), (9000.0, 20.0)])
@pytest.mark.parametrize("spread", [0.0, 0.3, 40.0, 6000.0])
def test_odd_landmarks_give_a_crop_all_the_same(where: tuple[float, float], spread: float) -> None:
    x, y = where
    offsets = [(-1, -1), (1, -1), (0, 0), (-1, 1), (1, 1)]
    landmarks = Landmarks(*((x + spread * dx, y + spread * dy) for dx, dy in offsets))
    assert align(picture_of(backdrop(320, 240)), landmarks).shape == (112, 112, 3)
