"""Which of a picture's faces are registered (seed 000; contract.md 11)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visavis.core import policy
from visavis.types import Box, DetectedFace, Landmarks, Pose

ORIGIN = (0.0, 0.0)
angles = st.floats(-180, 180, allow_nan=False)
poses = st.builds(Pose, angles, angles, angles)


def face(pose: Pose, width: float = 100.0) -> DetectedFace:
    points = Landmarks(ORIGIN, ORIGIN, ORIGIN, ORIGIN, ORIGIN)
    return DetectedFace(Box(0, 0, width, width), points, detection_score=0.9, pose=pose)


@given(st.lists(poses, max_size=20), st.integers(1, 20))
def test_only_faces_within_45_degrees_are_taken_and_never_more_than_the_limit(
    poses: list[Pose], limit: int
) -> None:
    faces = [face(pose, width=200.0 - rank) for rank, pose in enumerate(poses)]
    taken = policy.select(faces, limit)
    assert len(taken) <= limit
    assert all(abs(each.pose.yaw) <= 45 and abs(each.pose.pitch) <= 45 for each in taken if each.pose)
    assert taken == [each for each in faces[:limit] if each in taken]


@pytest.mark.parametrize(("yaw", "pitch", "taken"), [(45, -45, 1), (45.1, 0, 0), (0, -45.1, 0), (-46, 0, 0)])
def test_the_limit_of_turning_is_45_degrees_either_way(yaw: float, pitch: float, taken: int) -> None:
    assert len(policy.select([face(Pose(yaw, pitch, roll=90.0))], limit=1)) == taken


def test_a_bystander_is_not_registered_in_the_place_of_a_face_that_looks_away() -> None:
    profile, bystander = face(Pose(80, 0, 0), width=300), face(Pose(0, 0, 0), width=100)
    assert policy.select([profile, bystander], limit=1) == []


@pytest.mark.parametrize("name", ["a", "my-group", "0", "-", "x" * 255])
def test_a_group_id_is_made_of_small_letters_digits_and_hyphens(name: str) -> None:
    assert policy.is_group_id(name)


@pytest.mark.parametrize("name", ["", "A", "a_b", "a b", "a\n", "gr\u00fcn", "x" * 256, "\uff11"])
def test_anything_else_is_no_group_id(name: str) -> None:
    assert not policy.is_group_id(name)
