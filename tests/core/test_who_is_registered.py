"""Which of a picture's faces are registered (seed 000; contract.md 11)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visavis.core import policy
from visavis.types import (
    Box,
    Comparability,
    DetectedFace,
    GroupSettings,
    Landmarks,
    Pose,
    Quality,
    QualityDefect,
    Refusal,
)

ORIGIN = (0.0, 0.0)
AHEAD = Pose(0, 0, 0)
angles = st.floats(-180, 180, allow_nan=False)
poses = st.builds(Pose, angles, angles, angles)


def face(
    pose: Pose, width: float = 100.0, quality: float | None = None, comparability: float | None = 99.0
) -> DetectedFace:
    points = Landmarks(ORIGIN, ORIGIN, ORIGIN, ORIGIN, ORIGIN)
    measured = None if quality is None else Quality(quality, 90, 90, 90, 90, 90, 90, defect=None)
    compared = None if comparability is None else Comparability(comparability, QualityDefect.BLURRED)
    return DetectedFace(Box(0, 0, width, width), points, 0.9, pose, quality=measured, comparability=compared)


@given(st.lists(poses, max_size=20), st.integers(1, 20))
def test_only_faces_within_45_degrees_are_taken_and_never_more_than_the_limit(
    poses: list[Pose], limit: int
) -> None:
    reasons = policy.refusals([face(pose) for pose in poses], limit, GroupSettings())
    assert reasons == [
        Refusal.LIMIT if rank >= limit else Refusal.POSE if max(abs(pose.yaw), abs(pose.pitch)) > 45 else None
        for rank, pose in enumerate(poses)
    ]


@pytest.mark.parametrize(
    ("yaw", "pitch", "reason"),
    [(45, -45, None), (45.1, 0, Refusal.POSE), (0, -45.1, Refusal.POSE), (-46, 0, Refusal.POSE)],
)
def test_the_limit_of_turning_is_45_degrees_either_way(yaw: float, pitch: float, reason: Refusal | None) -> None:
    assert policy.refusals([face(Pose(yaw, pitch, roll=90.0))], limit=1, settings=GroupSettings()) == [reason]


def test_a_bystander_is_not_registered_in_the_place_of_a_face_that_looks_away_or_is_too_poor() -> None:
    bystander = face(AHEAD, width=100, quality=90)
    for refused, reason in (
        (face(Pose(80, 0, 0), width=300, quality=90), Refusal.POSE),
        (face(AHEAD, width=300, quality=10), Refusal.QUALITY),
        (face(AHEAD, width=300, quality=90, comparability=10), Refusal.POOR),
    ):
        assert policy.refusals([refused, bystander], limit=1, settings=GroupSettings(min_quality=50)) == [
            reason,
            Refusal.LIMIT,
        ]


@pytest.mark.parametrize(
    ("quality", "asked_for", "reason"),
    [
        (0.0, 0, None),
        (None, 0, None),
        (49.99, 50, Refusal.QUALITY),
        (50.0, 50, None),
        (99.9, 100, Refusal.QUALITY),
        (100.0, 100, None),
        (None, 1, Refusal.QUALITY),
    ],
)
def test_a_face_needs_the_quality_that_its_group_asks_for(
    quality: float | None, asked_for: float, reason: Refusal | None
) -> None:
    assert policy.refusals(
        [face(AHEAD, quality=quality)], limit=1, settings=GroupSettings(min_quality=asked_for)
    ) == [reason]


@pytest.mark.parametrize(
    ("comparability", "asked_for", "reason"),
    [
        (0.0, 0, None),
        (None, 0, None),
        (49.99, 50, Refusal.POOR),
        (50.0, 50, None),
        (49.99, 40, None),
        (None, 50, Refusal.POOR),
    ],
)
def test_a_face_needs_the_comparability_that_its_group_asks_for(
    comparability: float | None, asked_for: float, reason: Refusal | None
) -> None:
    settings = GroupSettings(min_comparability=asked_for)
    seen = face(AHEAD, comparability=comparability)
    assert policy.refusals([seen], 1, settings) == [reason]
    assert bool(policy.incomparable(seen, asked_for)) == (reason is Refusal.POOR)


def test_a_group_asks_for_comparability_unless_it_was_told_otherwise() -> None:
    assert policy.refusals([face(AHEAD, comparability=49)], 1, GroupSettings()) == [Refusal.POOR]


def test_the_reason_names_what_the_picture_lacks() -> None:
    said = policy.incomparable(face(AHEAD, comparability=3), 50)
    assert said == "The face is too poor to be compared: it is blurred."


def test_a_face_that_is_turned_away_and_poor_is_refused_for_its_turn() -> None:
    assert policy.refusals([face(Pose(60, 0, 0), quality=1)], limit=1, settings=GroupSettings(min_quality=50)) == [
        Refusal.POSE
    ]


@pytest.mark.parametrize("name", ["a", "my-group", "0", "-", "x" * 255])
def test_a_plain_group_id_is_made_of_small_letters_digits_and_hyphens(name: str) -> None:
    assert policy.is_plain_group_id(name)
    assert policy.is_group_id(name)


@pytest.mark.parametrize("name", ["A", "a_b", "a.b", "...", "col_123456789", "X" * 255])
def test_an_id_with_capitals_or_other_signs_is_one_that_is_not_plain(name: str) -> None:
    assert policy.is_group_id(name)
    assert not policy.is_plain_group_id(name)


@pytest.mark.parametrize("name", ["", ".", "..", "a b", "a/b", "a:b", "a\n", "gr\u00fcn", "x" * 256, "\uff11"])
def test_anything_else_is_no_group_id(name: str) -> None:
    assert not policy.is_group_id(name)
    assert not policy.is_plain_group_id(name)


@pytest.mark.parametrize("text", ["a", "A_b.c-d:e", "x" * 255, "0"])
def test_an_external_image_id_is_made_of_letters_digits_and_a_few_signs(text: str) -> None:
    assert policy.is_external_image_id(text)


@pytest.mark.parametrize("text", ["", "a b", "김", "a\n", "x" * 256, "a/b"])
def test_anything_else_is_no_external_image_id(text: str) -> None:
    assert not policy.is_external_image_id(text)


def test_a_group_may_ask_for_very_little() -> None:
    assert not policy.is_comparable(face(AHEAD, comparability=0.4), 0.5)
    assert policy.is_comparable(face(AHEAD, comparability=0.5), 0.5)
    assert policy.refusals([face(AHEAD, quality=0.4)], 1, GroupSettings(min_quality=0.5)) == [Refusal.QUALITY]


def test_what_was_not_measured_is_told_as_such() -> None:
    said = policy.incomparable(face(AHEAD, comparability=None), 50)
    assert said == "Whether the face can be compared could not be measured."


@pytest.mark.parametrize(
    ("text", "good"),
    [("a", True), ("김 " * 127, True), ("x" * 255, True), ("", False), ("x" * 256, False), ("a\0", False)],
)
def test_a_label_is_any_short_text_that_every_database_can_keep(text: str, good: bool) -> None:
    assert policy.is_label(text) is good


def test_a_face_id_looks_like_an_external_image_id() -> None:
    assert policy.is_face_id("0b1c2d3e-0000-4000-8000-000000000000")
    assert not policy.is_face_id("a/b")
