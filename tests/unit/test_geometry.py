"""Boxes, landmarks and transforms, as numbers alone."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from visavis.vision.geometry import FaceCrop, Faces, iou, similarity_transform, tilt_of, upright_transform
from visavis.vision.models import ARCFACE

CROP = FaceCrop(side=192, spread=1.7)
TEMPLATE = np.array(ARCFACE.points, np.float32)

angles = st.floats(-3.1, 3.1)
places = st.tuples(st.floats(-1000, 5000), st.floats(-1000, 5000))
scales = st.floats(0.05, 20)


def faces(*rows: tuple[float, tuple[float, float, float, float]]) -> Faces:
    """Faces of these scores and boxes, with landmarks at the centres of their boxes."""
    return np.array(
        [[score, *box, *[(box[0] + box[2]) / 2, (box[1] + box[3]) / 2] * 5] for score, box in rows], np.float32
    )


def boxes(*corners: tuple[float, float, float, float]) -> NDArray[np.float32]:
    return np.array(corners, np.float32)


def turned(points: NDArray[np.float32], angle: float) -> NDArray[np.float32]:
    """Points (n, 2) turned clockwise in the picture, whose y points down."""
    cos, sin = math.cos(angle), math.sin(angle)
    return np.asarray(points @ np.array([[cos, sin], [-sin, cos]]), np.float32)


def moved(transform: NDArray[np.float64], point: tuple[float, float]) -> NDArray[np.float64]:
    return np.asarray(transform @ (*point, 1.0))


def test_overlap_is_the_common_part_of_two_boxes_together() -> None:
    box = boxes((0, 0, 10, 10))[0]
    others = boxes((0, 0, 10, 10), (5, 0, 15, 10), (10, 0, 20, 10), (50, 50, 60, 60), (2, 2, 4, 4))
    assert iou(box, others).tolist() == pytest.approx([1, 1 / 3, 0, 0, 0.04])


def test_a_box_overlaps_with_none_where_there_is_none() -> None:
    assert iou(boxes((0, 0, 10, 10))[0], np.empty((0, 4), np.float32)).shape == (0,)


@given(angle=angles)
def test_a_face_is_tilted_by_as_much_as_it_was_turned(angle: float) -> None:
    assert tilt_of(turned(TEMPLATE, angle)) == pytest.approx(angle, abs=1e-5)


def test_the_tilt_of_landmarks_in_a_row_is_that_of_landmarks_in_pairs() -> None:
    points = turned(TEMPLATE, 0.3)
    assert tilt_of(points.reshape(10)) == tilt_of(points)


def test_five_landmarks_in_one_point_have_no_tilt() -> None:
    assert tilt_of(np.full((5, 2), 7, np.float32)) == 0


@given(centre=places, angle=angles, scale=scales)
def test_the_centre_comes_to_the_middle_and_what_is_tilted_becomes_upright(
    centre: tuple[float, float], angle: float, scale: float
) -> None:
    transform = upright_transform(centre, angle, scale, 100)
    assert moved(transform, centre) == pytest.approx((50, 50), abs=1e-6)
    above = centre[0] + math.sin(angle), centre[1] - math.cos(angle)
    assert moved(transform, above) == pytest.approx((50, 50 - scale), abs=1e-6)


@given(offset=places, angle=angles, scale=scales)
def test_a_similarity_is_found_again(offset: tuple[float, float], angle: float, scale: float) -> None:
    expected = upright_transform(offset, angle, scale, 112)
    source = TEMPLATE.astype(np.float64)
    target = source @ expected[:, :2].T + expected[:, 2]
    assert similarity_transform(source, target) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(("box", "long_side"), [((100, 50, 180, 170), 120), ((0, 0, 300, 10), 300)])
def test_a_look_shows_the_whole_box_in_its_middle(
    box: tuple[float, float, float, float], long_side: float
) -> None:
    transform = CROP.transform(box)
    assert moved(transform, ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)) == pytest.approx((96, 96))
    assert transform[:, :2] == pytest.approx(np.eye(2) * 192 / (1.7 * long_side))


def test_the_central_face_is_the_one_in_the_middle_not_the_one_that_scores_best() -> None:
    middle, aside = (40.0, 40.0, 152.0, 152.0), (0.0, 0.0, 40.0, 40.0)
    [central] = CROP.central(faces((0.7, middle), (0.9, aside)))
    assert central[:5].tolist() == pytest.approx([0.7, *middle])


def test_candidates_that_agree_count_by_their_scores() -> None:
    found = faces((0.9, (40, 40, 152, 152)), (0.3, (44, 44, 156, 156)), (0.8, (90, 90, 202, 202)))
    [central] = CROP.central(found)
    assert central[0] == pytest.approx(0.9)
    assert central[1:5].tolist() == pytest.approx([41, 41, 153, 153])


@pytest.mark.parametrize("found", [np.empty((0, 15), np.float32), faces((0.9, (0, 0, 40, 40)))])
def test_where_the_middle_is_empty_there_is_no_central_face(found: Faces) -> None:
    assert CROP.central(found).shape == (0, 15)


def test_a_mirrored_face_has_its_eyes_and_lips_swapped() -> None:
    face = np.array([[0.9, 10, 20, 50, 80, 20, 30, 40, 31, 30, 45, 22, 60, 38, 61]], np.float32)
    mirrored = [0.9, 142, 20, 182, 80, 152, 31, 172, 30, 162, 45, 154, 61, 170, 60]
    assert CROP.unmirrored(face)[0].tolist() == pytest.approx(mirrored)
    assert CROP.unmirrored(CROP.unmirrored(face)) == pytest.approx(face)
