"""Answers of workers are taken only if they are such as a sound worker gives."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visavis.errors import ErrorCode, ServiceError
from visavis.types import (
    Box,
    Comparability,
    DetectedFace,
    ImageSize,
    Landmarks,
    Pose,
    Quality,
    QualityDefect,
    Traits,
)
from visavis.vision.pool.messages import (
    AnswerError,
    faces_bytes,
    picture_error,
    read_embeddings,
    read_faces,
    read_found,
    read_liveness,
    read_picture_error,
    read_size,
    read_small_faces,
    read_traits,
    traits_content,
)

SIDE = st.floats(0, 1000)
POINTS = st.tuples(SIDE, SIDE)
SHARES = st.floats(0, 100)
FLAWS = st.sampled_from(QualityDefect)
ALL = Traits(pose=True, mask=True, liveness=True, quality=True, comparability=True)
BARE = st.builds(
    DetectedFace,
    st.tuples(SIDE, SIDE, SIDE, SIDE).map(
        lambda sides: Box(*np.sort(np.reshape(sides, (2, 2)), axis=0).ravel().tolist())
    ),
    st.builds(Landmarks, POINTS, POINTS, POINTS, POINTS, POINTS),
    st.floats(0, 1),
)
ANGLES = st.floats(-360, 360)
DESCRIBED = st.builds(
    DetectedFace,
    st.just(Box(0, 0, 1, 1)),
    st.just(Landmarks((0, 0), (0, 0), (0, 0), (0, 0), (0, 0))),
    st.just(0.5),
    pose=st.builds(Pose, ANGLES, ANGLES, ANGLES),
    mask=st.booleans(),
    liveness=SHARES,
    quality=st.builds(Quality, SHARES, SHARES, SHARES, SHARES, SHARES, SHARES, SHARES, st.none() | FLAWS),
    comparability=st.builds(Comparability, SHARES, FLAWS),
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=9) | st.dictionaries(st.sampled_from(["pose", "mask", "x"]), inner),
    max_leaves=20,
)


def bare(face: DetectedFace) -> DetectedFace:
    return DetectedFace(face.box, face.landmarks, face.detection_score)


@given(st.lists(BARE, max_size=20))
def test_faces_arrive_as_they_are(faces: list[DetectedFace]) -> None:
    assert read_found(bytearray(faces_bytes(faces)), ImageSize(1000, 1000)) == faces


@given(st.lists(DESCRIBED, max_size=20))
def test_traits_arrive_as_they_are(faces: list[DetectedFace]) -> None:
    content = {"traits": traits_content(faces)}
    assert read_traits(content, [bare(face) for face in faces], ALL) == faces


@given(st.binary(max_size=2000))
def test_other_bytes_are_no_faces_or_such_as_can_be(data: bytes) -> None:
    try:
        faces = read_found(bytearray(data), ImageSize(100, 100))
    except AnswerError:
        return
    for face in faces:
        assert all(0 <= side <= 100 for side in (face.box.x0, face.box.y0, face.box.x1, face.box.y1))
        assert np.isfinite(face.landmarks.as_array()).all()


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 1e300])
@pytest.mark.parametrize("place", range(15))
def test_a_face_with_a_number_that_is_none_is_refused(number: float, place: int) -> None:
    row = np.full(15, 0.5)
    row[place] = number
    with pytest.raises(AnswerError):
        read_faces(bytearray(row.tobytes()))


def test_more_faces_than_a_picture_has_are_refused() -> None:
    with pytest.raises(AnswerError):
        read_faces(bytearray(np.full((101, 15), 0.5).tobytes()))


@given(ANYTHING)
def test_other_contents_are_no_traits(told: object) -> None:
    face = DetectedFace(Box(0, 0, 1, 1), Landmarks((0, 0), (0, 0), (0, 0), (0, 0), (0, 0)), 0.5)
    with pytest.raises(AnswerError):
        read_traits({"traits": told}, [face], ALL)


@given(ANYTHING)
def test_other_contents_are_no_size_liveness_or_refusal(told: object) -> None:
    for read, name in ((read_size, "size"), (read_liveness, "liveness"), (read_picture_error, "code")):
        try:
            value = read({name: told, "detail": "x"})
        except AnswerError:
            continue
        assert isinstance(value, ImageSize) or (isinstance(value, float) and -1 <= value <= 101)


@pytest.mark.parametrize("told", [None, "3", True, -1, 1e9, float("nan"), [3]], ids=str)
def test_other_contents_are_no_number_of_small_faces(told: object) -> None:
    assert read_small_faces({"small": 3}) == 3
    with pytest.raises(AnswerError):
        read_small_faces({"small": told})


def test_a_refusal_arrives_as_it_is() -> None:
    sent = ServiceError(ErrorCode.BROKEN_IMAGE, "The image is truncated.")
    read = read_picture_error(picture_error(sent))
    assert (read.code, read.detail) == (sent.code, sent.detail)


@pytest.mark.parametrize("code", [code for code in ErrorCode if "image" not in code])
def test_a_worker_cannot_say_what_is_no_business_of_its(code: ErrorCode) -> None:
    """As that somebody is not authorised, or that the quota is exceeded."""
    with pytest.raises(AnswerError):
        read_picture_error(picture_error(ServiceError(code, "No.")))


def test_embeddings_arrive_as_they_are_and_only_unit_vectors_do() -> None:
    rows = np.random.default_rng(1).normal(size=(3, 8)).astype(np.float32)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    assert (read_embeddings(bytearray(unit.tobytes()), 3, 8) == unit).all()
    assert read_embeddings(bytearray(), 0, 8).shape == (0, 8)
    unit[1, 2] = np.nan
    for wrong in (unit, 2 * rows, unit[:2], np.zeros((3, 8), np.float32)):
        with pytest.raises(AnswerError):
            read_embeddings(bytearray(wrong.astype(np.float32).tobytes()), 3, 8)
