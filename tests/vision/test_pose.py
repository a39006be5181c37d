from __future__ import annotations

import math
from dataclasses import astuple, replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import PEOPLE, OpenPeoplePicture
from tests.vision.pictures import Array, resized
from tests.vision.scenes import picture_of, the_face
from visavis.types import Box, DetectedFace, Landmarks, Traits
from visavis.vision.analyzer import Analyzer
from visavis.vision.decode import DecodedPicture
from visavis.vision.pose import _turned

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def portraits(openpeople_picture: OpenPeoplePicture) -> list[Array]:
    return [resized(openpeople_picture(name, "studio_portrait"), 768, 768) for name in PEOPLE]


@pytest.fixture(scope="module")
def sheet_faces(analyzer: Analyzer, openpeople_picture: OpenPeoplePicture) -> list[DetectedFace]:
    """Faces from front, both sides, and with all kinds of expressions."""
    faces = []
    for name in PEOPLE:
        for kind in ("character_sheet", "emotions_sheet"):
            with analyzer.decode(openpeople_picture(name, kind)) as picture:
                faces += analyzer.describe(picture, analyzer.find(picture), Traits(pose=True))
    return faces


def turned(rgb: Array, clockwise: float) -> Array:
    height, width = rgb.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -clockwise, 1)
    return np.asarray(cv2.warpAffine(rgb, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE))


def angles(face: DetectedFace) -> tuple[float, float, float]:
    assert face.pose is not None
    return face.pose.yaw, face.pose.pitch, face.pose.roll


def test_a_portrait_looks_into_the_camera(analyzer: Analyzer, portraits: list[Array]) -> None:
    for portrait in portraits:
        yaw, pitch, roll = angles(the_face(analyzer, portrait, pose=True))
        assert abs(yaw) < 10
        assert abs(pitch) < 15
        assert abs(roll) < 10


def test_yaw_is_positive_where_the_nose_points_to_the_right_of_the_picture(
    sheet_faces: list[DetectedFace],
) -> None:
    turned_away = [face for face in sheet_faces if abs(angles(face)[0]) > 25]
    assert len(turned_away) >= 10
    for face in turned_away:
        points = face.landmarks
        eyes = (points.left_eye[0] + points.right_eye[0]) / 2
        assert np.sign(points.nose[0] - eyes) == np.sign(angles(face)[0])


def test_pitch_falls_as_the_nose_sinks_between_eyes_and_mouth(sheet_faces: list[DetectedFace]) -> None:
    frontal = [face for face in sheet_faces if abs(angles(face)[0]) < 15]
    assert len(frontal) > 100
    heights = []
    for face in frontal:
        points = face.landmarks.as_array()
        eyes, nose, lips = points[:2, 1].mean(), points[2, 1], points[3:, 1].mean()
        heights.append((nose - eyes) / (lips - eyes))
    assert np.corrcoef(heights, [angles(face)[1] for face in frontal])[0, 1] < -0.4


@pytest.mark.parametrize("clockwise", [-40, -20, 20, 40])
def test_a_picture_that_is_turned_changes_roll_alone(
    analyzer: Analyzer, portraits: list[Array], clockwise: float
) -> None:
    for portrait in portraits:
        upright = angles(the_face(analyzer, portrait, pose=True))
        tilted = angles(the_face(analyzer, turned(portrait, clockwise), pose=True))
        assert tilted[2] - upright[2] == pytest.approx(clockwise, abs=5)
        assert tilted[:2] == pytest.approx(upright[:2], abs=10)


def test_a_tightly_cut_face_is_turned_as_it_was_in_its_picture(
    analyzer: Analyzer, openpeople_picture: OpenPeoplePicture
) -> None:
    with analyzer.decode(openpeople_picture("P001", "emotions_sheet")) as sheet:
        faces = analyzer.describe(sheet, analyzer.find(sheet), Traits(pose=True))
        pixels = np.asarray(sheet.pixels)
    for face in faces:
        left, top, right, bottom = (round(edge) for edge in astuple(face.box))
        cut = pixels[top:bottom, left:right]
        moved = face.landmarks.as_array() - (left, top)
        alone = replace(
            face,
            box=Box(0, 0, right - left, bottom - top),
            landmarks=Landmarks(*((float(x), float(y)) for x, y in moved)),
        )
        (described,) = analyzer.describe(DecodedPicture(np.ascontiguousarray(cut)), [alone], Traits(pose=True))
        assert angles(described) == pytest.approx(angles(face), abs=10)


@given(
    head=st.tuples(st.floats(-80, 80), st.floats(-80, 80), st.floats(-80, 80)),
    tilt=st.floats(-math.pi, math.pi),
)
def test_a_pose_that_is_turned_and_turned_back_is_as_it_was(head: tuple[float, float, float], tilt: float) -> None:
    there = _turned(np.array(head), tilt)
    back = _turned(np.array(astuple(there)), -tilt)
    assert astuple(back) == pytest.approx(head, abs=1e-3)


@given(roll=st.floats(-90, 90), tilt=st.floats(-math.pi / 2, math.pi / 2))
def test_a_face_that_looks_into_the_camera_only_rolls(roll: float, tilt: float) -> None:
    pose = _turned(np.array([0.0, 0.0, roll]), tilt)
    assert astuple(pose) == pytest.approx((0, 0, roll + math.degrees(tilt)), abs=1e-6)


def test_mirroring_flips_yaw_and_roll_and_leaves_pitch(
    analyzer: Analyzer, openpeople_picture: OpenPeoplePicture
) -> None:
    for name in PEOPLE:
        for kind in ("amateur_selfie", "studio_portrait"):
            upright = resized(openpeople_picture(name, kind), 768, 1024 if kind == "amateur_selfie" else 768)
            tilted = turned(upright, 20)
            straight = angles(the_face(analyzer, tilted, pose=True))
            mirrored = angles(the_face(analyzer, tilted[:, ::-1], pose=True))
            assert mirrored == pytest.approx((-straight[0], straight[1], -straight[2]), abs=4)


def test_poses_of_many_faces_keep_their_order(analyzer: Analyzer, openpeople_picture: OpenPeoplePicture) -> None:
    with analyzer.decode(openpeople_picture("P001", "character_sheet")) as picture:
        faces = analyzer.find(picture)
        together = analyzer.describe(picture, faces, Traits(pose=True))
        alone = [analyzer.describe(picture, [face], Traits(pose=True))[0] for face in faces]
    assert len(faces) > 2
    for one, other in zip(together, alone, strict=True):
        assert one.box == other.box
        assert angles(one) == pytest.approx(angles(other), abs=0.01)


def test_a_picture_of_one_colour_has_a_pose_all_the_same(analyzer: Analyzer, portraits: list[Array]) -> None:
    face = the_face(analyzer, portraits[0])
    (described,) = analyzer.describe(picture_of(np.full_like(portraits[0], 127)), [face], Traits(pose=True))
    assert np.isfinite(angles(described)).all()
