"""Faces in pictures that lie on their side, stand on their head or are tilted: found, and recognised."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.conftest import PEOPLE, OpenPeoplePicture
from visavis.types import DetectedFace, Embedding, Traits
from visavis.vision.analyzer import Analyzer
from visavis.vision.models import DEFAULT_RECOGNITION

from .pictures import Array, resized
from .scenes import backdrop, cut_out, faces_in, picture_of

SIDE = 640


@pytest.fixture(scope="module")
def portrait(openpeople_picture: OpenPeoplePicture) -> Array:
    return resized(openpeople_picture("P003", "studio_portrait"), SIDE, SIDE)


@pytest.fixture(scope="module")
def astronaut(stranger: bytes) -> Array:
    return np.asarray(Image.open(io.BytesIO(stranger)).convert("RGB"))


def embedded(analyzer: Analyzer, rgb: Array) -> tuple[DetectedFace, Embedding]:
    """The only face, described, and its embedding."""
    picture = picture_of(rgb)
    [face] = analyzer.describe(picture, analyzer.find(picture), Traits(pose=True))
    return face, analyzer.embed(picture, [face], DEFAULT_RECOGNITION.name)[0]


@pytest.mark.parametrize("quarters", [1, 2, 3])
@pytest.mark.parametrize("name", ["portrait", "astronaut"])
def test_a_picture_turned_by_quarters_has_the_same_face_in_the_place_it_came_to(
    quarters: int, name: str, analyzer: Analyzer, request: pytest.FixtureRequest
) -> None:
    upright: Array = request.getfixturevalue(name)
    face, embedding = embedded(analyzer, upright)
    turned, turned_embedding = embedded(analyzer, np.ascontiguousarray(np.rot90(upright, quarters)))
    assert turned_embedding @ embedding > 0.9
    side = upright.shape[0]
    places, between = turned.landmarks.as_array(), eye_distance(face)
    for _ in range(quarters):  # back by one quarter clockwise each
        places = np.stack([side - places[:, 1], places[:, 0]], axis=1)
    assert np.abs(places - face.landmarks.as_array()).max() < 0.1 * between
    box = turned.box
    assert all(box.x0 < x < box.x1 and box.y0 < y < box.y1 for x, y in turned.landmarks.as_array())
    assert turned.pose is not None
    assert max(abs(turned.pose.yaw), abs(turned.pose.pitch)) < 45


@pytest.mark.parametrize("degrees", [15, -15, 30, -30, 60, 120, -150])
def test_a_tilted_face_is_the_same_face(degrees: float, analyzer: Analyzer, portrait: Array) -> None:
    turn = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), -degrees, 0.7)
    tilted = np.asarray(cv2.warpAffine(portrait, turn, (SIDE, SIDE), borderValue=(128, 128, 128)))
    face, embedding = embedded(analyzer, portrait)
    tilted_face, tilted_embedding = embedded(analyzer, tilted)
    assert tilted_embedding @ embedding > 0.8
    expected = face.landmarks.as_array() @ turn[:, :2].T + turn[:, 2]
    errors = np.linalg.norm(tilted_face.landmarks.as_array() - expected, axis=1)
    assert errors.mean() < 0.15 * 0.7 * eye_distance(face)


def test_an_upright_face_is_not_turned(analyzer: Analyzer, portrait: Array) -> None:
    [face] = faces_in(analyzer, portrait)
    points = face.landmarks
    assert points.left_eye[0] < points.right_eye[0]
    assert max(points.left_eye[1], points.right_eye[1]) < min(points.left_lip[1], points.right_lip[1])


@pytest.mark.parametrize("quarters", range(4))
def test_nothing_is_found_where_there_is_no_face_however_it_is_turned(quarters: int, analyzer: Analyzer) -> None:
    for width, height in ((300, 200), (1200, 800)):
        assert faces_in(analyzer, np.ascontiguousarray(np.rot90(backdrop(width, height), quarters))) == []


@pytest.mark.parametrize("quarters", range(4))
def test_everybody_in_a_group_is_found_however_the_picture_is_turned(
    quarters: int, analyzer: Analyzer, heads: list[Array]
) -> None:
    scene = backdrop(1200, 800)
    for number, head in enumerate(heads[:6]):
        put(scene, head, 100 + 370 * (number % 3), 60 + 380 * (number // 3))
    assert len(faces_in(analyzer, np.ascontiguousarray(np.rot90(scene, quarters)))) == 6


@pytest.mark.parametrize("quarters", [1, 2, 3])
@pytest.mark.parametrize(("width", "height"), [(640, 480), (2000, 1500)])
def test_who_lies_in_the_foreground_is_larger_than_an_upright_bystander(
    quarters: int, width: int, height: int, analyzer: Analyzer, heads: list[Array]
) -> None:
    scene = backdrop(width, height)
    lying = np.rot90(resized_square(heads[0], round(0.75 * height)), quarters)
    put(scene, lying, 10, 10)
    put(scene, resized_square(heads[1], 170 * width // 640), width - 180 * width // 640, 20)
    faces = faces_in(analyzer, scene)
    assert len(faces) == 2
    assert faces[0].box.x1 < faces[1].box.x0
    assert faces[0].box.area > 2 * faces[1].box.area


def test_each_of_several_faces_may_lie_in_its_own_way(analyzer: Analyzer, heads: list[Array]) -> None:
    scene = backdrop(1200, 400)
    for quarters, head in enumerate(heads[:4]):
        put(scene, np.rot90(head, quarters), 20 + 290 * quarters, 60)
    assert len(faces_in(analyzer, scene)) == 4


@pytest.fixture(scope="module")
def heads(analyzer: Analyzer, openpeople_picture: OpenPeoplePicture) -> list[Array]:
    """Each with some surroundings, 260 x 260 px."""
    found = []
    for name in PEOPLE:
        portrait = resized(openpeople_picture(name, "studio_portrait"), SIDE, SIDE)
        [face] = faces_in(analyzer, portrait)
        found.append(resized_square(cut_out(portrait, face.box, 0.4), 260))
    return found


def resized_square(rgb: Array, side: int) -> Array:
    return np.asarray(cv2.resize(rgb, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def put(scene: Array, head: Array, x: int, y: int) -> None:
    scene[y : y + head.shape[0], x : x + head.shape[1]] = head


def eye_distance(face: DetectedFace) -> float:
    return float(np.hypot(*np.subtract(face.landmarks.left_eye, face.landmarks.right_eye)))
